"""Brazilian Portuguese as customers of shops write it, with its usual slips."""

_WANT = (
    "{quero|queria|gostaria de|gostaria d|vou|posso|consigo|como faço para|como faço pra|como faco p|como que faço pra"
    "|pretendo|preciso}"
)
_BUY = (
    "{comprar|pedir|encomendar|fazer um pedido|fazer pedido|fazer uma encomenda|reservar|adquirir|finalizar a compra"
    "|fechar o pedido|fechar pedido|fechar}"
)
_NOT = "{nao|não|n|ñ|nem|naum}"

ORDER = f"""
{_WANT} {_BUY}, vou querer, vou levar, vou ficar com, eu levo, vou fechar, quero esse, quero essa, quero este,
quero esta, quero um, quero uma, quero dois, quero duas, quero 1, quero 2, quero ele, quero ela, eu quero esse,
eu quero essa, quero sim, quero levar, quero garantir, quero fechar, queria esse, queria essa, me ve um, me ve uma,
me vê dois, manda um, manda uma pra mim, manda um pra mim, pode mandar um, pode mandar uma, pode separar,
separa pra mim, separa para mim, separa um, separa uma, reserva pra mim, reserva para mim, reserva um, reserva uma,
pode reservar, guarda pra mim, guarda um, pode segurar, segura pra mim, pode fechar, fecha o pedido, fechar o pedido,
finalizar o pedido, finalizar compra, finalizar a compra, confirma o pedido, confirmar o pedido, confirmar pedido,
como compro, como comprar, como eu compro, como faço o pedido, como faço pedido, como faco o pedido, como peço,
como encomendo, onde compro, onde posso comprar, link de compra, link pra comprar, link para comprar, manda o link,
me manda o link, fazer o pedido, fazer um pedido, anota o meu pedido, anota meu pedido, aceita encomenda,
coloca no carrinho
"""
PRICE = """
quanto custa, quanto custam, quanto e, quanto é, quanto que e, quanto que é, quanto ta, quanto tá, quanto esta,
quanto está, quanto sai, quanto fica, quanto vale, quanto ele custa, qto custa, qto é, qto e, qto fica, qto sai,
qto ta, qnto custa, qnto é, qnt custa, qnt é, qual preço, qual o preço, qual é o preço, qual o preco, preço, preco,
preços, precos, presso por favor, precinho, valor, valores, qual valor, qual o valor, qual é o valor, ql valor,
ql o valor, valor por favor, valor pfv, valor pf, o valor, me passa o valor, passa o valor, tabela de preço,
tabela de preços, lista de preços, orçamento, orcamento, !melhor preço, !menor preço, !preço melhor, !baixar o preço,
!valor do frete, !preço do frete, !valores da empresa, !quanto tempo, ta quanto, tá quanto, por quanto, custa quanto
"""
AVAILABILITY = """
ainda tem, vocês tem, vocês têm, voces tem, vcs tem, vcs têm, vc tem, você tem, tem disponível, tem disponivel,
disponível, disponivel, disponíveis, disponiveis, disponibilidade, ta disponivel, está disponível, tem em estoque,
em estoque, no estoque, estoque, tem na cor, tem no tamanho, tem tamanho, tem outras cores, tem outra cor, tem esse,
tem essa, tem desse, tem dessa, tem mais, tem pra pronta entrega, pronta entrega, a pronta entrega, esgotou, esgotado,
esgotada, vai chegar mais, vai voltar, quando volta, quando chega mais, vai repor, reposição, reposicao, tem ai,
tem aí, teria, teria na cor, teria disponível, !vocês têm loja, !vocês tem loja, !vcs tem loja, !vocês têm desconto,
!vcs tem desconto
"""
DETAILS = """
mais detalhes, detalhes, mais informações, mais informacoes, informações, informacoes, mais info, saber mais,
quero saber mais, gostaria de saber mais, mais fotos, outra foto, outras fotos, fotos reais, foto real, manda foto,
manda fotos, mandar fotos, mandar foto, me manda foto, tem foto, tem fotos, tem vídeo, manda video, qual tamanho,
quais tamanhos, qual o tamanho, quais os tamanhos, tamanho, tamanhos, tabela de medidas, medidas, numeração, numeracao,
veste, veste bem, a forma, forma é pequena, forma pequena, forma grande, quais cores, quais as cores, que cores,
de que material, qual material, qual o material, qual tecido, qual o tecido, tecido, material, é feito de, composição,
composicao, dimensões, dimensoes, peso, altura, largura, comprimento, especificações, especificacoes, ficha técnica,
como lava, como se lava, lavar na máquina, como usa, como usar, modo de usar, ingredientes, catálogo, catalogo,
serve para, serve pra, !material escolar
"""
DELIVERY = """
entrega, entregam, entregar, entregas, vocês entregam, vcs entregam, voces entregam, fazem entrega, faz entrega,
taxa de entrega, valor da entrega, prazo, prazo de entrega, qual o prazo, quanto tempo, quanto tempo demora,
demora quanto, demora quantos dias, demora muito, quantos dias, em quantos dias, quando chega, chega quando, chega até,
chega ate, chega em quanto tempo, frete, o frete, valor do frete, preço do frete, quanto é o frete, quanto e o frete,
quanto fica o frete, quanto sai o frete, qual o frete, qual o valor do frete, frete grátis, frete gratis, envia,
enviam, envio, enviar, vocês enviam, vcs enviam, manda pelos correios, correios, sedex, motoboy, transportadora,
retirar, retirada, retirar na loja, retira na loja, !pagar na entrega, !pago na entrega, !pagamento na entrega
"""
ORDER_STATUS = """
cadê meu pedido, cade meu pedido, cadê minha encomenda, cade minha encomenda, onde está meu pedido,
onde esta meu pedido, onde ta meu pedido, alguma novidade, status do pedido, status do meu pedido, situação do pedido,
andamento do pedido, andamento do meu pedido, meu pedido, sobre meu pedido, sobre o meu pedido, código de rastreio,
codigo de rastreio, código de rastreamento, codigo de rastreamento, rastreio, rastreamento, rastrear, número do pedido,
numero do pedido, já foi enviado, ja foi enviado, já enviou, ja enviou, já postaram, ja postaram, foi postado,
saiu para entrega, já saiu, quando chega meu pedido, quando meu pedido chega, !anota meu pedido, !anota o meu pedido,
!fazer meu pedido, !confirma meu pedido, !cancelar meu pedido, !cancela meu pedido
"""
LOCATION = """
onde fica, onde ficam, onde fica a loja, onde vocês ficam, onde vcs ficam, onde voces ficam, onde é a loja,
onde e a loja, onde estão localizados, onde vocês estão, qual o endereço, qual o endereco, qual endereço,
endereço da loja, endereco da loja, endereço de vocês, tem loja física, loja física, loja fisica, tem loja, têm loja,
tem loja em, vocês têm loja, vocês tem loja, vcs tem loja, localização, localizacao, manda a localização,
qual a localização, são de onde, sao de onde, vocês são de onde, vcs são de onde, vcs sao de onde, de onde vocês são,
de onde vcs são, que cidade, qual cidade, ponto de referência, filial, filiais, unidade mais próxima,
loja mais próxima, como chego
"""
HOURS = """
horário de funcionamento, horario de funcionamento, horário de atendimento, horario de atendimento, que horas abre,
que horas abrem, que horas fecha, que horas fecham, qual o horário, qual horario, qual o horario, até que horas,
ate que horas, abre hoje, abrem hoje, abre amanhã, abrem domingo, abre domingo, abre sábado, abrem sábado,
estão abertos, estão aberto, ta aberto, tá aberto, funciona até, funcionam até, abre que horas, fecha que horas
"""
PAYMENT = """
forma de pagamento, formas de pagamento, como pago, como posso pagar, como faço para pagar, como faço pra pagar,
como pagar, pagamento, posso pagar, pagar na entrega, pago na entrega, pagamento na entrega, aceita cartão,
aceita cartao, aceitam cartão, aceitam cartao, aceita pix, aceitam pix, pix, chave pix, qual o pix, manda o pix,
me manda o pix, cartão, cartao, cartão de crédito, cartao de credito, cartão de débito, crédito ou débito, boleto,
parcela, parcelas, parcela em quantas vezes, parcelado, parcelar, parcelamento, parcela no cartão, em quantas vezes,
quantas vezes, sem juros, à vista, a vista, dinheiro, transferência, transferencia, dados bancários, conta bancária,
sinal de quanto, mercado pago, picpay, acabei de pagar, já paguei, ja paguei, paguei, fiz o pix, fiz a transferência,
fiz o pagamento, comprovante, segue o comprovante, link de pagamento, nota fiscal, !desconto à vista, !desconto no pix,
!meu dinheiro de volta, !dinheiro de volta
"""
DISCOUNT = """
desconto, descontos, tem desconto, algum desconto, desconto à vista, desconto no pix, faz desconto, da desconto,
dá desconto, dá um desconto, descontinho, cupom, cupons, cupom de desconto, código promocional, promoção, promocao,
promoções, promocoes, em promoção, ta na promoção, oferta, ofertas, liquidação, liquidacao, black friday, melhor preço,
melhor preco, menor preço, menor preco, menor valor, melhor valor, preço melhor, baixar o preço, abaixar o preço,
abaixa o preço, mais barato, mais em conta, mais baratinho, faz por, faria por, deixa por, faz por quanto,
consegue fazer por, consegue melhorar, melhora o preço, cobrem, cobre a oferta, cobrem o preço, muito caro, tá caro,
ta caro, combo, kit promocional, brinde
"""
COMPLAINT = """
reclamação, reclamacao, reclamar, quero reclamar, reclame aqui, procon, golpe, golpista, golpistas, é golpe, fraude,
enganação, enganada, enganado, fui enganada, fui enganado, falsificado, falsificada, quebrado, quebrada, quebrou,
veio quebrado, chegou quebrado, estragado, estragada, estragou, danificado, danificada, defeito, com defeito,
defeituoso, rasgado, rasgada, manchado, manchada, amassado, não funciona, nao funciona, n funciona,
não está funcionando, nao esta funcionando, parou de funcionar, veio errado, veio errada, chegou errado,
produto errado, pedido errado, tamanho errado, cor errada, veio faltando, faltou, faltando, diferente da foto,
não é igual a foto, nao e igual a foto, não chegou, nao chegou, n chegou, ainda não chegou, ainda nao chegou,
ainda n chegou, não recebi, nao recebi, n recebi, ainda não recebi, ainda nao recebi, nunca chegou, não foi entregue,
nao foi entregue, atrasado, atrasada, atraso, atrasou, demorando demais, está demorando, ta demorando, demora absurda,
ninguém responde, ninguem responde, ninguém me responde, ninguem me responde, não respondem, nao respondem,
vocês não respondem, vcs nao respondem, sem resposta, péssimo, pessimo, péssima, pessima, péssimo atendimento,
pessimo atendimento, horrível, horrivel, absurdo, vergonha, descaso, palhaçada, falta de respeito, decepcionado,
decepcionada, decepção, tive um problema, estou com um problema, problema com, problemas com, meus direitos,
meu advogado, processo na justiça
"""
RETURN = """
troca, trocar, quero trocar, posso trocar, como faço para trocar, como faço pra trocar, fazer uma troca, fazer a troca,
trocas, política de troca, politica de troca, devolver, devolução, devolucao, quero devolver, posso devolver, devolvo,
devolver o produto, reembolso, reembolsar, estorno, estornar, dinheiro de volta, meu dinheiro de volta, meu dinheiro,
não serviu, nao serviu, n serviu, ficou pequeno, ficou pequena, ficou grande, ficou apertado, ficou apertada,
ficou largo, arrependimento, direito de arrependimento, !troca de óleo, !troca de mensagens, !em troca de
"""
CANCEL = """
cancelar, cancela, cancele, cancelem, cancelado, cancelamento, quero cancelar, pode cancelar, cancelar o pedido,
cancelar meu pedido, cancela o pedido, cancela meu pedido, cancelar a compra, desisti da compra, desisti do pedido,
quero desistir, não quero mais o pedido, não precisa mais enviar, não precisa enviar
"""
WHOLESALE = """
atacado, no atacado, por atacado, preço de atacado, valor de atacado, atacadista, revenda, revender, revendo,
revendedor, revendedora, revendedores, para revenda, pra revenda, quero revender, como faço para revender, lojista,
lojistas, quantidade mínima, quantidade minima, pedido mínimo, pedido minimo, mínimo de peças, minimo de pecas,
grande quantidade, grandes quantidades, em quantidade, dúzia, duzia, dúzias, grade fechada, grade completa,
caixa fechada, cnpj, distribuidor, distribuidora, distribuição, fornecedor, fornecedores, fornecem, fornecer para,
representante, dropshipping, tenho uma loja, tenho loja, tenho uma lojinha, pra minha loja, para minha loja,
minha loja, meus clientes, sacoleira
"""
RETAIL = """
varejo, no varejo, preço de varejo, só um, só uma, so uma, uma unidade, só uma unidade, so uma unidade, uma peça só,
uma peça, uma peca, peça única, uso pessoal, para uso pessoal, pra uso pessoal, pra mim mesma, pra mim mesmo,
para mim mesma, não é revenda, nao e revenda, unitário, unitario, preço unitário, valor unitário, !só um minuto,
!só um momento, !só um instante, !só uma dúvida, !só uma pergunta, !so uma duvida, !so uma pergunta, !só um pouco
"""
HUMAN = """
falar com atendente, falar com um atendente, falar com uma atendente, falar com alguém, falar com alguem,
falar com uma pessoa, falar com um humano, falar com o gerente, falar com a gerente, gerente, atendente,
atendimento humano, atendimento, pessoa de verdade, é robô, é um robô, e robo, alguém aí, alguem ai, tem alguém aí,
tem alguem ai, vocês estão aí, vcs estao ai, alguém pode me ajudar, alguém me responde, me responde,
me responde por favor, me liga, me ligue, pode me ligar, podem me ligar, liga pra mim, qual o telefone,
telefone de vocês, telefone da loja, qual o whatsapp, qual o whats, qual o zap, número do whatsapp, numero do whatsapp,
passa o whats, passa o zap, me chama no whats, me chama no zap, contato de vocês, como falo com vocês,
!péssimo atendimento, !pessimo atendimento, !horário de atendimento, !horario de atendimento, !ótimo atendimento,
!otimo atendimento
"""
NOT_INTERESTED = f"""
não tenho interesse, nao tenho interesse, n tenho interesse, sem interesse, não me interessa, nao me interessa,
não estou interessado, não estou interessada, nao estou interessada, nao estou interessado, não quero, nao quero,
n quero, ñ quero, não quero mais, nao quero mais, n quero mais, {_NOT} {{quero|vou}} {_BUY}, não vou querer,
nao vou querer, n vou querer, não vou levar, nao vou levar, não preciso, nao preciso, não preciso mais,
nao preciso mais, não obrigado, não obrigada, nao obrigado, nao obrigada, desisti, deixa pra lá, deixa pra la,
deixa para lá, já comprei em outro lugar, ja comprei em outro lugar, comprei em outra loja, comprei em outro lugar,
achei mais barato, parem de mandar, pare de mandar, para de mandar mensagem, não me mande, nao me mande, não me envie,
me tira da lista, me tire da lista, descadastrar, sair da lista, numero errado, número errado, foi engano,
mandei errado
"""
GREETING = """
oi, oii, oie, oiee, olá, ola, opa, bom dia, boa tarde, boa noite, tudo bem, td bem, tudo bom, td bom, tudo certo,
como vai, como vocês estão, e aí, e ai, eae, eai, salve, bom diaa
"""
THANKS = """
obrigado, obrigada, obg, obgd, obgda, brigado, brigada, brigadão, muito obrigado, muito obrigada, mt obrigada,
mto obrigada, valeu, vlw, agradeço, agradecido, agradecida, grato, grata, gratidão, deus abençoe, !obrigado a,
!obrigada a
"""
ACKNOWLEDGE = """
blz, beleza, combinado, certo, certinho, entendi, tá bom, ta bom, tá bem, tá certo, ta certo, sim, sim por favor,
isso mesmo, isso aí, pode ser, claro, perfeito obrigada, perfeito obrigado, sem problemas, sem problema, sem pressa,
tranquilo, ok obrigada, ok obrigado, show, joia, fechou
"""
LATER = """
agora não, agora nao, por enquanto não, por enquanto nao, mais tarde, depois eu vejo, depois vejo, outro dia,
outra hora, mês que vem, mes que vem, ano que vem, semana que vem, quando receber, quando cair o salário,
quando eu receber, só olhando, so olhando, estou só olhando, só dando uma olhada, só curiosidade, so curiosidade,
só perguntando, só pesquisando, so pesquisando, não tenho dinheiro, nao tenho dinheiro, sem dinheiro, sem grana,
fora do meu orçamento, muito caro pra mim, não posso agora
"""
URGENT = """
urgente, urgência, urgencia, com urgência, com urgencia, preciso urgente, preciso pra hoje, preciso para hoje,
preciso hoje, preciso pra amanhã, preciso para amanhã, preciso amanhã, pra hoje, para hoje, o quanto antes,
o mais rápido possível, o mais rapido possivel, preciso até, preciso ate, agora mesmo, tô com pressa, to com pressa,
estou com pressa, tenho pressa, pra já
"""
HESITANT = """
vou pensar, deixa eu pensar, preciso pensar, vou pensar e, tô pensando, to pensando, pensando ainda, não sei, nao sei,
n sei, não sei se, nao sei se, não tenho certeza, nao tenho certeza, estou em dúvida, estou em duvida, tô em dúvida,
to em duvida, em dúvida, em duvida, na dúvida, na duvida, indeciso, indecisa, talvez, quem sabe, depois eu vejo,
depois te falo, depois eu falo, te aviso, aviso vocês, vou ver e, vou ver com, falar com meu marido,
falar com minha esposa, ver com meu marido, tenho medo, medo de, com medo, receio, será que, sera que, é confiável,
e confiavel, é seguro, e seguro, posso confiar, é de confiança, o que você indica, qual você indica,
qual você recomenda, qual vc recomenda
"""
SCARCITY = """
última peça, ultima peça, ultima peca, últimas peças, ultimas pecas, último disponível, última unidade, ultima unidade,
últimas unidades, ultimas unidades, antes que acabe, antes que acabem, antes de acabar, vai acabar, acabando,
tá acabando, está acabando, acaba quando, quando acaba, até quando vai a promoção, até quando é a promoção, até quando,
ate quando, quantos restam, quantas restam, restam quantos, restam quantas, ainda restam, edição limitada,
edicao limitada, estoque limitado, tempo limitado, garantir o meu, garantir a minha, garante o meu, garante a minha,
não quero perder, nao quero perder, não quero ficar sem, esgotar, vai esgotar, antes que esgote, !último pedido,
!último dia
"""
EMOTIONAL = """
amei, ameii, amo, eu amo, adorei, adoro, apaixonada, apaixonado, apaixonei, me apaixonei, que lindo, que linda,
que lindos, que lindas, lindo demais, linda demais, lindo, linda, lindos, lindas, lindíssimo, lindissimo, lindíssima,
maravilhoso, maravilhosa, maravilhosos, maravilhosas, perfeita, que fofo, que fofa, fofo, fofa, encantada, encantado,
encantei, sonho, meu sonho, sonho de consumo, que sonho, tudo de bom, que coisa mais linda, gamei, surtei,
socorro que lindo, preciso desse na minha vida, presente, de presente, para presente, pra presente,
presente de aniversário, presentear, presente para minha mãe, presente pra minha mãe, presente pro meu, surpresa,
quero muito, tô muito feliz, muito feliz
"""
VALUE = """
qualidade, boa qualidade, qual a qualidade, de qualidade, qualidade é boa, durável, duravel, durabilidade, dura muito,
dura quanto tempo, vai durar, resistente, resiste, vale a pena, vale o preço, vale o valor, custo benefício,
custo beneficio, compensa, bem feito, bem acabado, acabamento, original, é original, e original, são originais,
autêntico, autentico, legítimo, legitimo, primeira linha, couro legítimo, garantia, tem garantia,
quanto tempo de garantia, !réplica
"""
LOYAL = """
sou cliente, já sou cliente, ja sou cliente, cliente de vocês, cliente de voces, cliente de vcs, cliente antigo,
cliente antiga, cliente fiel, sempre compro, sempre compro com vocês, sempre compro com vcs, sempre peço,
só compro com vocês, so compro com vcs, só compro aí, compro há anos, compro ha anos, cliente há anos, cliente ha anos,
confio em vocês, confio em vcs, adoro a loja, amo a loja, amo essa loja, adoro essa loja, loja favorita, melhor loja,
indiquei vocês, indiquei pra, indiquei para, recomendei pra, como sempre, sou eu de novo, de sempre
"""
LOGICAL = """
especificações, especificacoes, especificação, ficha técnica, ficha tecnica, dados técnicos, manual, qual a diferença,
qual a diferenca, qual é a diferença, diferença entre, diferenca entre, comparar, comparação, comparado, comparativo,
qual o melhor, qual é melhor, qual e melhor, melhor que, vantagens, desvantagens, benefícios, beneficios,
características, caracteristicas, como funciona, como que funciona, avaliações, avaliacoes, avaliação, resenha, laudo,
certificado, certificação, inmetro, anvisa, consumo, potência, potencia, voltagem, capacidade, compatível, compativel,
medidas exatas, quantos watts, por que comprar, detalhadamente, composição, composicao, de que material
"""
BARGAIN = """
desconto, descontos, descontinho, cupom, cupons, promoção, promocao, promoções, em promoção, oferta, ofertas,
liquidação, melhor preço, melhor preco, menor preço, menor preco, preço melhor, mais barato, mais barata,
mais em conta, mais baratinho, barato, baratinho, faz por, faria por, deixa por, faz por quanto, consegue fazer por,
consegue melhorar, baixar o preço, abaixar o preço, abaixa o preço, caro, cara demais, muito caro, muito cara, tá caro,
ta caro, carinho o preço, caríssimo, salgado o preço, cobrem, cobre a oferta, vi mais barato, achei mais barato,
se eu levar dois, se eu levar duas, se levar dois, se levar duas, se eu comprar dois, se eu comprar mais, levando dois,
levando duas, frete grátis, frete gratis, brinde, ganho brinde, negociar, negociável, negociavel, pechincha,
!caro cliente, !caro senhor
"""
RETURNING = """
já comprei, ja comprei, já comprei com vocês, já comprei com vcs, ja comprei com vcs, já comprei aí, ja comprei ai,
já comprei antes, comprei antes, comprei com vocês, comprei com vcs, comprei com voces, comprei aí,
comprei da outra vez, da outra vez, última vez que comprei, ultima vez que comprei, última compra, ultima compra,
meu último pedido, meu ultimo pedido, segunda vez, segunda compra, terceira vez, terceira compra, comprar de novo,
comprar novamente, pedir de novo, quero de novo, igual da última vez, igual o da última vez, sou cliente,
já sou cliente, ja sou cliente, cliente antigo, cliente antiga, sempre compro, sou eu de novo,
!já comprei em outro lugar, !ja comprei em outro lugar
"""
VIP = """
cliente vip, sou vip, cliente ouro, cliente premium, grupo vip, clube vip, membro vip
"""
POSITIVE = """
!não obrigado, !não obrigada, !nao obrigado, !nao obrigada, ótimo, otimo, ótima, otima, muito bom, muito boa, mto bom,
mt bom, excelente, excelentes, perfeito, perfeita, maravilhoso, maravilhosa, maravilha, incrível, incrivel, lindo,
linda, lindos, lindas, que lindo, que linda, amei, adorei, adoro, amo, gostei, !não gostei, !nao gostei, !n gostei,
gostei muito, parabéns, parabens, recomendo, !não recomendo, !nao recomendo, super recomendo, satisfeito, satisfeita,
!não estou satisfeita, feliz, muito feliz, sensacional, top demais, show de bola, nota 10, nota dez, chegou rápido,
chegou rapido, chegou certinho, atendimento ótimo, ótimo atendimento, otimo atendimento, obrigado, obrigada, obg,
muito obrigada, muito obrigado, valeu, vlw, muito legal, que legal, bacana, caprichado, bonito, bonita, fofo, fofa
"""
NEGATIVE = """
horroroso, terrível, terrivel, ruim, muito ruim, !nada ruim, lixo, porcaria, não gostei, nao gostei, n gostei,
não recomendo, nao recomendo, não estou satisfeita, não estou satisfeito, nao estou satisfeita, insatisfeito,
insatisfeita, decepcao, chateado, chateada, triste, irritado, irritada, com raiva, raiva, brava, revoltada, revoltado,
indignado, indignada, ridículo, ridiculo, desrespeito, nunca mais, nunca mais compro, me arrependi, arrependida,
arrependido, muito caro, tá caro, ta caro, infelizmente
"""
INTERESTED = """
tenho interesse, me interessa, me interessei, interessada, interessado, gostei, !não gostei, !nao gostei, !n gostei,
gostaria de saber
"""
