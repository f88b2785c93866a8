"""Whether what a page says can be read: the contrast of each text with what is behind it."""

from playwright.sync_api import Page

ENOUGH, ENOUGH_IF_LARGE = 4.5, 3.0  # WCAG 2.2, level AA
# A canvas turns every notation of a colour into red, green, blue and alpha.
PALE = """([enough, enoughIfLarge]) => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
  const light = (colour) => {
    const [r, g, b] = colour.map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.push(rgba(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode.data.trim();
    const element = texts.currentNode.parentElement;
    const isSeen = element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    if (!text || !isSeen || element.closest(".mc-unseen, .material-symbols-outlined, script, option, :disabled")) continue;
    const style = getComputedStyle(element);
    const ground = behind(element);
    const [a, b] = [light(over(rgba(style.color), ground)), light(ground)].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < (parseFloat(style.fontSize) >= 24 ? enoughIfLarge : enough)) found.push(`${text}: ${contrast.toFixed(2)}`);
  }
  return [...new Set(found)];
}"""


def pale_texts(page: Page) -> list[str]:
    """Return the texts on a page whose contrast is too low, each with its contrast."""
    found: list[str] = page.evaluate(PALE, [ENOUGH, ENOUGH_IF_LARGE])
    return found
