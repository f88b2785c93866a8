// Asking the server: what goes wrong is told apart, so that nothing is lost and nothing is sent twice.

export class Refused extends Error {} // the server says in words why not
export class Answered extends Error {} // a colleague was faster
export class Away extends Error {} // nobody knows whether it arrived
export class LoggedOut extends Error {}

const settings = () => document.querySelector("[data-talk-settings]");
const token = () => settings().querySelector("[name=csrfmiddlewaretoken]").value;

async function ask(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch {
    throw new Away();
  }
  if (response.redirected && new URL(response.url).pathname.includes("/login/")) throw new LoggedOut();
  if (response.status === 422) throw Object.assign(new Refused(), await response.json());
  if (response.status === 409) throw Object.assign(new Answered(), await response.json());
  if (response.status === 403 && options.method === "POST") throw new LoggedOut();
  if (response.status === 404) throw Object.assign(new Error("404"), { gone: true });
  if (!response.ok) throw new Away(String(response.status));
  return response;
}

export const getText = async (url) => (await ask(url, { headers: { Accept: "text/html" } })).text();
export const getJson = async (url) => (await ask(url, { headers: { Accept: "application/json" } })).json();

export async function post(url, values = {}) {
  let body = values;
  if (!(values instanceof FormData)) {
    body = new FormData();
    Object.entries(values).forEach(([name, value]) => body.append(name, value));
  }
  return ask(url, { method: "POST", body, headers: { "X-CSRFToken": token() } });
}

export const pollUrl = () => settings().dataset.poll;

export function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}
