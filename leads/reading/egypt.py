"""The names of Egypt's governorates and of their cities and districts, as people write them.

One line a place: after `*` the governorate's own names, else the place's name and after the colon how it is written. Case, letter
forms and what Arabic writes in front of a word do not matter. `?` before a name that is also a common word or another name: it
counts only after a word such as "from"; `!`: only after one that tells of a dwelling or an address.
"""

from types import MappingProxyType

from crm.governorates import Governorate as G

PLACES = MappingProxyType(
    {
        G.CAIRO: """
* القاهرة, قاهرة, القاهره الكبرى, cairo, kairo, el qahera, al qahera, al qahirah, elqahera, el kahera, kahira, el cairo
Nasr City: مدينة نصر, مدينه نصر, م نصر, nasr city, madinet nasr, madinat nasr, medinet nasr, nasrcity
New Cairo: القاهرة الجديدة, التجمع الخامس, التجمع الاول, التجمع الثالث, التجمع, new cairo, tagamoa, tagamo3, tagammu
New Cairo: el tagamoa, fifth settlement, 5th settlement, first settlement
Heliopolis: مصر الجديدة, هليوبوليس, heliopolis, masr el gedida, masr el gdida, misr el gedida, masr el gedeeda
Maadi: المعادي, معادي, maadi, el maadi, elmaadi, al maadi, ma3adi
Zamalek: ?الزمالك, ?zamalek, حي الزمالك, جزيرة الزمالك, zamalek cairo
Shubra: شبرا, شبرا مصر, shubra, shobra, choubra
Ain Shams: عين شمس, ain shams, ein shams, 3en shams, ain chams
El Matareya: المطرية, المطريه القاهره, el matareya, matareya cairo
El Marg: ?المرج, el marg, elmarg
El Salam City: مدينة السلام, el salam city, madinet el salam
Helwan: حلوان, helwan, 7elwan, حدائق حلوان, حدايق حلوان
Mokattam: المقطم, مقطم, mokattam, mokatam, moqattam, el mokattam
El Rehab: الرحاب, مدينة الرحاب, el rehab, al rehab, rehab city, elrehab, ?rehab
Madinaty: مدينتي, madinaty, madinty
El Shorouk: مدينة الشروق, ?الشروق, el shorouk, al shorouk, shorouk city, elshorouk, ?shorouk
Badr City: مدينة بدر, ?بدر, badr city, madinet badr
15 May City: مدينة 15 مايو, !15 مايو, 15 may city, 15th of may city
New Capital: العاصمة الادارية, العاصمه الاداريه الجديده, new capital, new administrative capital
Sayeda Zeinab: السيدة زينب, sayeda zeinab, sayeda zainab, sayyida zeinab, el sayeda zeinab
Abbassia: العباسية, abbassia, abbasia, abaseya, el abbassia
Downtown Cairo: وسط البلد القاهرة, وسط القاهرة, downtown cairo, cairo downtown
Garden City: جاردن سيتي, جاردن سيتى, garden city
El Manial: المنيل, manial, el manial, elmanyal
El Zeitoun: الزيتون القاهرة, حي الزيتون, ?الزيتون, el zeitoun, el zaytoun
Hadayek El Kobba: حدائق القبة, حدايق القبه, حدايق القبة, hadayek el kobba, hadayek el koba, hadayek el qobba
Rod El Farag: روض الفرج, rod el farag
Dar El Salam: !دار السلام, dar el salam cairo
Bab El Shaariya: باب الشعرية, bab el shaareya, bab el sharia
El Nozha: النزهة, النزهه الجديده, el nozha, nozha
Old Cairo: مصر القديمة, old cairo, masr el adima, masr el qadima
Katameya: القطامية, قطامية, katameya, katamya, qattamiya
El Basatin: ?البساتين, el basatin, el basateen
""",
        G.GIZA: """
* الجيزة, جيزة, giza, gizah, geza, el giza, al giza, elgiza, el geza, guiza, gizeh
6th of October: 6 اكتوبر, ٦ أكتوبر, السادس من اكتوبر, سته اكتوبر, ست اكتوبر, مدينة اكتوبر, حدائق اكتوبر, حدايق اكتوبر
6th of October: !اكتوبر, 6 october, 6th october, 6 of october, 6th of october, october city, sitta october
Sheikh Zayed: الشيخ زايد, شيخ زايد, مدينة زايد, !زايد, sheikh zayed, el sheikh zayed, shekh zayed, cheikh zayed, zayed city
Dokki: الدقي, الدقى, دقي, dokki, doki, el dokki, dokky
Mohandessin: المهندسين, مهندسين الجيزه, mohandessin, mohandeseen, mohandseen, mohandesin, el mohandessin
Agouza: العجوزة, agouza, el agouza, agoza, 3agouza
Haram: الهرم, شارع الهرم, شارع هرم, haram street, el haram, elharam, !haram, pyramids street
Faisal: شارع فيصل, ?فيصل, faisal street, faysal street, ?faisal, ?faysal
Hadayek El Ahram: حدائق الاهرام, حدايق الاهرام, حدايق الهرم, hadayek el ahram, hadayek al ahram
Imbaba: امبابة, امبابه, imbaba, embaba
Boulaq El Dakrour: بولاق الدكرور, boulaq el dakrour, bolak el dakror, boulak el dakrour
El Warraq: الوراق, warraq, el warraq, el waraq
El Omraneya: العمرانية, omraneya, el omraneya, omrania
El Moneeb: المنيب, moneeb, el moneeb, el monib
Kerdasa: كرداسة, kerdasa, kirdasa
Abu El Nomros: ابو النمرس, abu el nomros, abo el nomros
Hawamdeya: الحوامدية, hawamdeya, el hawamdeya, hawamdia
Badrashin: البدرشين, badrashin, badrasheen, el badrasheen
El Ayyat: العياط, ayyat, el ayyat, el ayat
El Saff: !الصف, el saff, مركز الصف
Ausim: اوسيم, ausim, awsim, ouseem
Bahariya Oasis: الواحات البحرية, bahariya oasis, bahareya oasis
""",
        G.ALEXANDRIA: """
* الاسكندرية, اسكندرية, الأسكندريه, سكندرية, اسكندريا, alexandria, alexandrea, alexanderia, iskandaria, eskendria
* eskendereya, eskandria, iskendereya, ?alex, ?اليكس
Smouha: سموحة, smouha, semouha, smoha, samouha
Sidi Bishr: سيدي بشر, sidi bishr, sidi beshr, sedy beshr
Sidi Gaber: سيدي جابر, sidi gaber, sedy gaber
Miami: ميامي, !miami
Agami: العجمي, عجمي, agami, el agami, 3agamy, agamy
Montaza: المنتزه, المنتزة, montaza, el montaza, montazah
Mandara: المندرة, مندرة, mandara, el mandara
Asafra: العصافرة, عصافرة, asafra, el asafra
Moharam Bek: محرم بك, محرم بيك, moharam bek, muharram bek, moharram bey
Stanley: !ستانلي, !stanley
Gleem: جليم, gleem, glim
Louran: لوران, louran, loran
Roushdy: !رشدي, roushdy, rushdi
Bahary: !بحري, bahary alexandria
El Ibrahimeya: الابراهيمية, ibrahimeya, el ibrahimia
El Syouf: السيوف, el syouf, elsyouf
Abu Qir: ابو قير, ابوقير, abu qir, abo qir, abu kir, abou kir
Borg El Arab: برج العرب, borg el arab, burj al arab alexandria, borg al arab, borg elarab
Amreya: العامرية, عامرية, amreya, el amreya, ameriya
Bakos: باكوس, bakos
Kafr Abdo: كفر عبده, kafr abdo
""",
        G.QALYUBIA: """
* القليوبية, قليوبية, القليوبيه, qalyubia, qaliubiya, qalyoubia, qalioubia, kalyobia, kalubia, qalubia, kaliobeya
* el qalyubia, al qalyubia, qalyubiyya
Banha: بنها, benha, banha
Shubra El Kheima: شبرا الخيمة, شبرا الخيمه, shubra el kheima, shobra el kheima, shoubra el kheima, shubra al khaymah
Shubra El Kheima: shobra elkhema
Qalyub: قليوب, qalyub, qalyoub, kalyoub, kalyob
El Obour: العبور, مدينة العبور, obour, el obour, obour city, elobour, al obour
El Khanka: الخانكة, khanka, el khanka
El Qanater: القناطر الخيرية, القناطر, qanater, el qanater, kanater
Shibin El Qanater: شبين القناطر, shibin el qanater, shebin el qanater, shebin el kanater
Tukh: طوخ, tukh, toukh
Qaha: قها, qaha
Kafr Shukr: كفر شكر, kafr shukr, kafr shokr
El Khosous: الخصوص مركز, مدينة الخصوص, khosous, el khosous
""",
        G.DAKAHLIA: """
* الدقهلية, دقهلية, dakahlia, dakahleya, daqahliya, dakahlya, daqahlia, dakahliya, el dakahlia, el dakahleya, dk2hlia
Mansoura: المنصورة, منصورة, mansoura, mansura, el mansoura, el mansura, al mansoura, elmansoura
Mit Ghamr: ميت غمر, mit ghamr, meet ghamr
Talkha: طلخا, talkha
Sinbillawin: السنبلاوين, سنبلاوين, sinbillawin, senbellawein, senbellaween, sinbellawin
Belqas: بلقاس, belqas, bilqas, belkas
Dikirnis: دكرنس, dikirnis, dekernes, dekrnes
Sherbin: شربين, sherbin, sherbeen, shirbin
Manzala: المنزلة دقهلية, مركز المنزلة, ?المنزلة, manzala, el manzala
Matareya: المطرية دقهلية, matareya dakahlia
Aga: !اجا, aga dakahlia
Minyat El Nasr: منية النصر, minyat el nasr, menyet el nasr
Gamasa: جمصة, gamasa, gamassa
Nabaroh: نبروه, nabaroh, nabarouh
""",
        G.SHARQIA: """
* الشرقية, ?شرقية, محافظة شرقية, sharqia, sharkia, sharqiya, sharkeya, sharqeya, el sharqia, al sharqia, el sharkia, charkia
* elsharkia
Zagazig: الزقازيق, زقازيق, zagazig, zaqaziq, za2azi2, el zagazig, el zaqaziq, zakazik
10th of Ramadan: العاشر من رمضان, ١٠ رمضان, مدينة العاشر, !العاشر, 10th of ramadan, 10 ramadan, tenth of ramadan
10th of Ramadan: 10 of ramadan, 3asher
Belbeis: بلبيس, belbeis, bilbeis, belbis, bilbais
Minya El Qamh: منيا القمح, minya el qamh, menia el kamh, minyet el qamh
Faqous: فاقوس, faqous, faqus, fakous
Abu Kabir: ابو كبير, ابوكبير, abu kabir, abo kebir, abu kebir
Hihya: ههيا, hihya, hehia, hehya
Abu Hammad: ابو حماد, ابوحماد, abu hammad, abo hammad
Diyarb Negm: ديرب نجم, diyarb negm, diarb negm
Kafr Saqr: كفر صقر, kafr saqr, kafr sakr
El Husseiniya: !الحسينية, el husseineya sharqia
Mashtoul El Souk: مشتول السوق, mashtoul el souk, mashtool
New Salhia: الصالحية الجديدة, salhia, new salhia
""",
        G.GHARBIA: """
* الغربية, محافظة غربية, gharbia, gharbeya, gharbiya, el gharbia, al gharbia, el gharbeya, elgharbia, garbia
Tanta: طنطا, tanta
El Mahalla: المحلة الكبرى, المحلة, mahalla, el mahalla, mahalla el kubra, el mahala, el mahalla el kobra, ma7alla
Kafr El Zayat: كفر الزيات, kafr el zayat, kafr el zayyat, kafr elzayat
Zefta: زفتى, zefta, zifta
Samannoud: سمنود, samannoud, samanoud, samanod
Basyoun: بسيون, basyoun, basioun
Qutur: قطور, qutur, kotour
El Santa: السنطة, el santa gharbia, el santah
""",
        G.MONUFIA: """
* المنوفية, منوفية, monufia, menoufia, monofia, menofia, monufiya, menoufeya, menoufiya, el monufia, el menoufia, el monofia
* minufiya, mnofia
Shebin El Kom: شبين الكوم, shebin el kom, shibin el kom, shebeen el koum, shebin elkom
Menouf: منوف, menouf, minuf, menof
Sadat City: مدينة السادات, السادات, sadat city, el sadat city, ?sadat
Ashmoun: اشمون, ashmoun, ashmon
Quesna: قويسنا, quesna, quweisna, qweisna
El Bagour: الباجور, bagour, el bagour, el bagor
Berket El Sab: بركة السبع, berket el sab, birket el sab, berket el sabaa
Tala: !تلا, tala monufia
El Shohada: !الشهداء, el shohada
Sers El Lyan: سرس الليان, sers el lyan, sirs el layyan
""",
        G.BEHEIRA: """
* البحيرة, محافظة بحيرة, beheira, behera, buhayra, el beheira, el behera, al buhayrah, elbehera, behaira, be7era
Damanhour: دمنهور, damanhour, damanhur, damanhor
Kafr El Dawwar: كفر الدوار, kafr el dawwar, kafr el dawar, kafr eldawar
Rosetta: !رشيد, مدينة رشيد, rosetta, rashid city
Edku: ادكو, edku, idku, edko
Itay El Barud: ايتاي البارود, ايتاى البارود, itay el barud, itay el baroud, etay el baroud
Abu Hummus: ابو حمص, abu hummus, abo homos, abu homos
Kom Hamada: كوم حمادة, kom hamada, kom hamadah
Delengat: الدلنجات, delengat, el delengat
Hosh Essa: حوش عيسى, hosh essa, hosh eissa
Mahmoudiyah: المحمودية, mahmoudeya, mahmoudia
Shubrakhit: شبراخيت, shubrakhit, shobrakhit
Wadi El Natrun: وادي النطرون, wadi el natrun, wadi el natroun
Nubaria: النوبارية, nubaria, noubareya
""",
        G.KAFR_EL_SHEIKH: """
* كفر الشيخ, كفرالشيخ, kafr el sheikh, kafr elsheikh, kafr el shiekh, kafr el shekh, kafrelsheikh, kafr al sheikh
* kafr al shaykh, kafr sheikh, kafr el cheikh
Desouk: دسوق, desouk, disuq, dsouk, desok
Baltim: بلطيم, baltim, balteem
Biyala: بيلا, biyala
Fuwwah: ?فوه, fuwwah, fowa
Metoubes: مطوبس, metoubes, motobas
Sidi Salem: سيدي سالم, sidi salem, sedi salem
Qallin: !قلين, qallin, kellin
El Hamoul: الحامول, hamoul, el hamoul
El Reyad: !الرياض, el reyad kafr el sheikh
Burullus: البرلس, burullus, borollos, el borolos
""",
        G.DAMIETTA: """
* دمياط, damietta, dumyat, domiat, domyat, damiat, damyat, dumiat
New Damietta: دمياط الجديدة, new damietta, new domiat
Ras El Bar: راس البر, رأس البر, ras el bar, ras elbar, ras al bar
Faraskur: فارسكور, faraskur, faraskour
Kafr Saad: كفر سعد, kafr saad, kafr sa3d
Ezbet El Borg: عزبة البرج, ezbet el borg, 3ezbet el borg
El Zarqa: !الزرقا, el zarqa damietta
""",
        G.PORT_SAID: """
* بورسعيد, بور سعيد, بورسعد, port said, portsaid, port saied, bor said, bursaid, bur said, bor sa3id, port saeed
Port Fouad: بور فؤاد, بورفؤاد, port fouad, portfouad, bor fouad
El Zohour: حي الزهور بورسعيد, !الزهور, el zohour port said
El Manakh: حي المناخ, el manakh, elmanakh
El Arab: حي العرب بورسعيد, el arab port said
El Dawahy: حي الضواحي, الضواحي بورسعيد, el dawahy
""",
        G.ISMAILIA: """
* الاسماعيلية, اسماعيلية, ismailia, ismailiya, ismaileya, esmailia, esmaileya, el ismailia, al ismailia, isma3ilia, ismaeleya
Fayed: مدينة فايد, !فايد, fayed city, ?fayed
El Qantara: القنطرة شرق, القنطرة غرب, القنطرة, qantara, el qantara, kantara
Tell El Kebir: التل الكبير, tell el kebir, tel el kebir
Abu Suweir: ابو صوير, abu suweir, abo sweir, abu sweir
El Qassasin: القصاصين, qassasin, el kassaseen
""",
        G.SUEZ: """
* السويس, suez, el suez, al suez, elsuez, souis, el sewes, elswes
Ain Sokhna: العين السخنة, عين السخنة, السخنة, ain sokhna, ein sokhna, ain el sokhna, el sokhna, sokhna
Faisal District: حي فيصل السويس, faisal suez
El Arbaeen: حي الاربعين, حى الاربعين, el arbaeen, arbaeen suez
Ataqah: عتاقة, ataqah, ataka suez
El Ganayen: حي الجناين, el ganayen
""",
        G.FAYOUM: """
* الفيوم, فيوم, fayoum, fayum, faiyum, faioum, fayyum, el fayoum, el fayum, al fayoum, elfayoum
Sinnuris: سنورس, sinnuris, senores, sennoures
Etsa: اطسا, etsa, itsa
Tamiya: طامية, tamiya, tamia fayoum
Ibsheway: ابشواي, ابشواى, ibsheway, abshway
Youssef El Seddik: يوسف الصديق, youssef el seddik, yousef el sedeek
""",
        G.BENI_SUEF: """
* بني سويف, بنى سويف, بنيسويف, beni suef, bani suef, beni sweif, bani sweif, beni suief, bani suwayf, beni souef, benisuef
* bny swef
El Wasta: الواسطى, مركز الواسطي, el wasta, elwasta
Beba: !ببا, مركز ببا, beba beni suef
El Fashn: الفشن, el fashn
Nasser: !ناصر, مركز ناصر, nasser beni suef
Ihnasiya: اهناسيا, ehnasia, ihnasiya
Sumusta: سمسطا, sumusta, somosta
""",
        G.MINYA: """
* المنيا, منيا, minya, menia, minia, menya, el minya, el menia, al minya, elmenia, el minia, meniya
Mallawi: ملوي, ملوى, mallawi, malawi city, mallawy
Samalut: سمالوط, samalut, samalout
Maghagha: مغاغة, maghagha, maghaga
Beni Mazar: بني مزار, بنى مزار, beni mazar, bani mazar
Matay: مطاي, مطاى, matay, mattay
Abu Qurqas: ابو قرقاص, ابوقرقاص, abu qurqas, abo korkas
Deir Mawas: دير مواس, ديرمواس, deir mawas, der mawas
El Adwa: العدوة, el adwa, el edwa
""",
        G.ASYUT: """
* اسيوط, أسيوط, asyut, assiut, asyout, assuit, assyout, asiut, asiout, asyoot, assiout
Dairut: ديروط, dairut, dayrout, deirout
Manfalut: منفلوط, manfalut, manfalout
El Qusiya: القوصية, qusiya, el qusiya, el kouseya, koseya
Abu Tig: ابو تيج, ابوتيج, abu tig, abo teeg
Abnoub: ابنوب, abnoub, abnub
Sahel Selim: ساحل سليم, sahel selim, sahel seleem
El Badari: البداري, badari, el badari
El Ghanayem: الغنايم مركز, مركز الغنايم, ghanayem, el ghanayem
""",
        G.SOHAG: """
* سوهاج, سوهاچ, sohag, suhag, sohaj, suhaj, souhag, sawhaj
Akhmim: اخميم, akhmim, akhmeem
Girga: جرجا, girga, gerga
Tahta: طهطا, tahta
Tima: !طما, مركز طما, tima sohag, tema sohag
El Maragha: المراغة, maragha, el maragha
El Balyana: البلينا, balyana, el balyana, belyana
El Monshah: المنشاة, المنشأة سوهاج, monshah, el monshaa
Dar El Salam Sohag: دار السلام سوهاج, dar el salam sohag
Sakulta: ساقلتة, ساقلته, sakulta, saqulta
""",
        G.QENA: """
* قنا, qena, quena, qina
Nag Hammadi: نجع حمادي, نجع حمادى, nag hammadi, nagaa hammadi, naga hammadi, nag hamadi
Qus: !قوص, مركز قوص, qus qena, qous
Dishna: دشنا, dishna, deshna
Farshut: فرشوط, farshut, farshout
Abu Tesht: ابو تشت, ابوتشت, abu tesht, abo tesht
Qift: !قفط, مركز قفط, qift
Naqada: نقادة, naqada, nakada
""",
        G.LUXOR: """
* الاقصر, الأقصر, luxor, louxor, luxsor, al uqsur, loxor, لوكسر
Esna: اسنا, إسنا, esna, isna
Armant: ارمنت, armant, erment
El Tod: !الطود, مركز الطود, el tod luxor
Karnak: الكرنك, karnak, el karnak
El Qurna: القرنة, qurna luxor, el qurna
""",
        G.ASWAN: """
* اسوان, أسوان, aswan, assuan, asswan, assouan, aswaan
Edfu: ادفو, إدفو, edfu, idfu, edfo
Kom Ombo: كوم امبو, كومبو, kom ombo, komombo, kom umbo
Daraw: دراو, daraw, draw aswan
Nasr El Nuba: نصر النوبة, nasr el nuba, nasr el nouba
Abu Simbel: ابو سمبل, ابوسمبل, abu simbel, abou simbel, abo simbel
""",
        G.RED_SEA: """
* البحر الاحمر, البحر الأحمر, red sea, el bahr el ahmar, al bahr al ahmar, bahr a7mar
Hurghada: الغردقة, غردقة, hurghada, hurgada, ghardaqa, ghardaka, el ghardaqa, el gharda2a, gharda2a, hourghada
El Gouna: الجونة, gouna, el gouna, elgouna
Safaga: سفاجا, safaga
Quseir: القصير البحر الاحمر, مدينة القصير, el quseir, quseir, kosseir, el qoseir
Marsa Alam: مرسى علم, مرسي علم, marsa alam, marsa 3alam
Ras Gharib: راس غارب, رأس غارب, ras gharib, ras ghareb
Sahl Hasheesh: سهل حشيش, sahl hasheesh
Makadi Bay: مكادي, makadi
""",
        G.SOUTH_SINAI: """
* جنوب سيناء, جنوب سينا, south sinai, ganoub sina, ganob sinaa, south sina, janub sina
Sharm El Sheikh: شرم الشيخ, شرم, sharm el sheikh, sharm, sharm elsheikh, sharm al sheikh, charm el cheikh, sharm el shekh
Dahab: !دهب, مدينة دهب, !dahab, dahab city, dahab south sinai
Nuweiba: نويبع, nuweiba, nowaiba, neweba
Taba: طابا, taba sinai, !taba
Saint Catherine: سانت كاترين, saint catherine, st catherine, sant katrin
El Tor: طور سيناء, مدينة الطور, !الطور, el tor, tor sinai, el tour sinai
Ras Sedr: راس سدر, رأس سدر, ras sedr, ras sudr, ras sidr
Abu Zenima: ابو زنيمة, abu zenima, abo zenima
""",
        G.NORTH_SINAI: """
* شمال سيناء, شمال سينا, north sinai, shamal sina, shamal sinaa, north sina
El Arish: العريش, عريش, arish, el arish, al arish, elarish, el 3arish
Rafah: رفح, rafah
Sheikh Zuweid: الشيخ زويد, sheikh zuweid, sheikh zowaid, shekh zwayed
Bir El Abd: بئر العبد, بير العبد, bir el abd, beer el abd
Hasana: مركز الحسنة, hasana sinai
Nakhl: مركز نخل, nakhl sinai
""",
        G.MATROUH: """
* مطروح, مرسى مطروح, مرسي مطروح, matrouh, matruh, mersa matruh, marsa matrouh, marsa matruh, matroh, marsa matroh
El Alamein: العلمين, العلمين الجديدة, alamein, el alamein, al alamein, new alamein, el 3alamein
North Coast: الساحل الشمالي, الساحل الشمالى, north coast, sahel, el sahel, north coast egypt, sahel shamaly
Siwa: سيوة, سيوه, siwa, siwah
El Dabaa: الضبعة, dabaa, el dabaa, el daba3a
El Hammam: !الحمام, مدينة الحمام مطروح, el hammam matrouh
Sidi Barrani: سيدي براني, سيدى برانى, sidi barrani, sedi barany
El Salloum: السلوم, salloum, el salloum, sallum
""",
        G.NEW_VALLEY: """
* الوادي الجديد, الوادى الجديد, وادي جديد, new valley, el wadi el gedid, al wadi al jadid, wadi gedid, el wady el gded
* wadi el gedid
Kharga: الخارجة, واحة الخارجة, kharga, el kharga, kharga oasis
Dakhla: واحة الداخلة, الداخلة, dakhla, el dakhla, dakhla oasis
Farafra: الفرافرة, فرافرة, farafra, el farafra
Paris: مركز باريس الوادي الجديد, واحة باريس, paris oasis
Balat: مركز بلاط, balat new valley
Mut: مدينة موط, مركز موط, mut dakhla
""",
    }
)
