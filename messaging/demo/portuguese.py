"""What people who write Brazilian Portuguese say. The slots are those of `messaging.demo.english`."""

FIRST_NAMES: tuple[str, ...] = (
    "Ana", "Bruno", "Carla", "Diego", "Elisa", "Fábio", "Gabriela", "Heitor", "Inês", "João", "Karina", "Luís",
    "Marina", "Nélson", "Otávio", "Paula", "Rafael", "Simone", "Tiago", "Úrsula", "Vera", "Yara", "Caio", "Lívia",
)  # fmt: skip
LAST_NAMES: tuple[str, ...] = (
    "Almeida", "Barbosa", "Cardoso", "Dias", "Esteves", "Ferreira", "Gonçalves", "Henriques", "Lima", "Macedo",
    "Nogueira", "Oliveira", "Pereira", "Queirós", "Ramos", "Sá", "Tavares", "Vieira", "Xavier", "Moura", "Freitas",
    "Araújo",
)  # fmt: skip
TOWNS: tuple[tuple[str, str], ...] = (
    ("São Paulo", ""), ("Belo Horizonte", ""), ("Recife", ""), ("Curitiba", ""), ("Salvador", ""), ("Porto Alegre", ""),
    ("Fortaleza", ""), ("Goiânia", ""), ("Belém", ""), ("Lisboa", ""), ("Florianópolis", ""),
)  # fmt: skip
PRODUCTS: tuple[str, ...] = (
    "o vestido de linho", "a bolsa de couro", "a camisa de algodão", "o tênis de corrida", "o casaco de lã",
    "o lenço de seda", "a jaqueta jeans", "a bota de cano curto", "o chapéu de praia", "o pijama infantil",
    "a blusa de tricô", "a sandália",
)  # fmt: skip
COLOURS: tuple[str, ...] = (
    "preta",
    "branca",
    "azul-marinho",
    "verde-oliva",
    "vermelha",
    "bege",
    "rosa",
    "cinza",
    "vinho",
    "marrom",
)
SIZES: tuple[str, ...] = ("PP", "P", "M", "G", "GG", "36", "38", "40", "42")
DAYS: tuple[str, ...] = ("segunda", "terça", "quarta", "quinta", "sexta", "sábado", "domingo")
CURRENCY = "R$ {amount}"

OPENINGS: tuple[str, ...] = (
    "Oi!",
    "Olá,",
    "Bom dia,",
    "Boa tarde!",
    "Boa noite,",
    "Oi, sou eu de novo.",
    "Desculpe incomodar,",
    "",
)
QUESTIONS: tuple[str, ...] = (
    "ainda tem {product} na cor {colour}?",
    "quanto custa {product}?",
    "vocês têm {product} no tamanho {size}?",
    "dá para entregar {product} em {town} até {day}?",
    "a forma é pequena? Queria {product} e uso {size}.",
    "vi {product} por {price} em outra loja, vocês cobrem?",
    "de que material é feito? Falo sobre {product}.",
    "posso pagar {product} na entrega?",
    "pode separar {product} na cor {colour}, tamanho {size}, até {day}?",
    "se eu levar duas peças tem desconto? Quero {product}.",
    "pode mandar outra foto? Queria ver {product} na cor {colour}.",
    "como se lava {product}?",
    "quando volta {product} na cor {colour}?",
    "comprei {product} na {day} e ainda não chegou.",
    "posso trocar {product} pelo tamanho {size}? Ficou apertado.",
    "quanto fica o frete para {town}?",
    "têm loja em {town} para eu experimentar {product}?",
    "{product} serve para o frio?",
    "vendem {product} no atacado? Tenho uma loja em {town}.",
    "queria {product} para presente, vocês embrulham?",
)
CLOSINGS: tuple[str, ...] = (
    "Obrigada!",
    "Muito obrigado.",
    "Preciso até {day}.",
    "Sem pressa.",
    "Tamanho {size}, por favor.",
    "Valeu",
    "",
    "",
    "",
)
FOLLOW_UPS: tuple[str, ...] = (
    "Ótimo, vou levar.", "Pode segurar até {day}?", "E na cor {colour}?", "Meu tamanho é {size}.",
    "Pode mandar para {town}.", "{price} é o melhor preço?", "Perfeito, obrigada!", "Vou pensar.",
    "Certo, como faço o pedido?", "Alguma novidade?", "Recebi, obrigado", "Sim, por favor", "Acabei de pagar.",
    "Vocês estão aí?",
)  # fmt: skip
ASIDES: tuple[str, ...] = (
    "Vou pensar um pouco.", "Gosto mais na cor {colour}.", "Vou perguntar em casa e escrevo na {day}.",
    "Alguma novidade?", "Uma amiga em {town} tem igual na cor {colour}.", "Talvez depois de {day}.",
    "Vou estar em {town} na {day}.", "E na cor {colour}?", "A cor {colour} combina com as minhas coisas.",
    "Entendi, obrigada", "Ah, certo.", "Minha irmã em {town} me falou de vocês.",
)  # fmt: skip
ANSWERS: tuple[str, ...] = (
    "Sim, temos {product} na cor {colour}, do P ao GG.",
    "Sai por {price}, e o frete para {town} é grátis esta semana.",
    "Conseguimos entregar em {town} na {day}.",
    "Infelizmente a cor {colour} acabou; logo chega mais.",
    "Claro, que tamanho podemos separar?",
    "Pode pagar na entrega ou no cartão, como preferir.",
    "A forma é normal; se estiver entre dois, leve {size}.",
    "Mande seu endereço e telefone que confirmamos o pedido.",
    "Já falamos com a transportadora e avisamos até {day}.",
    "Obrigada por esperar! Seu pacote saiu na {day}.",
    "Claro, a troca pode ser feita em até 14 dias.",
    "A partir de três peças damos 10 % de desconto.",
)
COMMENTS: tuple[str, ...] = (
    "Qual o valor?", "Preço por favor", "Que lindo 😍", "Ainda tem na cor {colour}?", "Quero {product}!",
    "Entregam em {town}?", "O meu chegou na {day}, amei", "Chamei no direct", "Tem tamanho {size}?", "Maravilhoso ❤️",
)  # fmt: skip
COMMENT_ANSWERS: tuple[str, ...] = (
    "Mandamos uma mensagem com os detalhes.",
    "Sai por {price}. Chame a gente para pedir!",
    "Sim, temos em estoque.",
)
POSTS: tuple[str, ...] = (
    "Chegou: {product} na cor {colour}",
    "De volta ao estoque: {product}",
    "Três looks com {product}",
    "Oferta do fim de semana: {product}",
)
ADS: tuple[str, ...] = (
    "{product} a partir de {price}",
    "Frete grátis: {product}",
    "Últimas peças: {product} na cor {colour}",
)
NOTES: tuple[str, ...] = (
    "Prefere ligação depois das 18h.",
    "Sempre pergunta pela cor {colour}.",
    "Veste {size}.",
    "Compra para uma loja em {town}.",
)
