"""A phrase book: everyday phrases in six languages."""

LANGUAGES = {"French": 0, "Spanish": 1, "German": 2, "Italian": 3, "Portuguese": 4, "Japanese": 5, "English": 0}

_BOOK = """
hello|Bonjour|Hola|Hallo|Ciao|Olá|こんにちは
hi|Salut|Hola|Hallo|Ciao|Oi|やあ
good morning|Bonjour|Buenos días|Guten Morgen|Buongiorno|Bom dia|おはようございます
good evening|Bonsoir|Buenas tardes|Guten Abend|Buonasera|Boa noite|こんばんは
good night|Bonne nuit|Buenas noches|Gute Nacht|Buonanotte|Boa noite|おやすみなさい
goodbye|Au revoir|Adiós|Auf Wiedersehen|Arrivederci|Adeus|さようなら
thank you|Merci|Gracias|Danke|Grazie|Obrigado|ありがとうございます
thank you very much|Merci beaucoup|Muchas gracias|Vielen Dank|Grazie mille|Muito obrigado|どうもありがとうございます
thanks|Merci|Gracias|Danke|Grazie|Obrigado|ありがとう
please|S'il vous plaît|Por favor|Bitte|Per favore|Por favor|お願いします
yes|Oui|Sí|Ja|Sì|Sim|はい
no|Non|No|Nein|No|Não|いいえ
sorry|Désolé|Lo siento|Entschuldigung|Mi dispiace|Desculpe|すみません
excuse me|Excusez-moi|Disculpe|Entschuldigung|Mi scusi|Com licença|すみません
how are you|Comment allez-vous ?|¿Cómo estás?|Wie geht es Ihnen?|Come stai?|Como está?|お元気ですか。
what is your name|Comment vous appelez-vous ?|¿Cómo te llamas?|Wie heißen Sie?|Come ti chiami?|Como se chama?|お名前は何ですか。
my name is|Je m'appelle|Me llamo|Ich heiße|Mi chiamo|Meu nome é|私の名前は
i love you|Je t'aime|Te quiero|Ich liebe dich|Ti amo|Eu te amo|愛しています
i don't understand|Je ne comprends pas|No entiendo|Ich verstehe nicht|Non capisco|Não entendo|わかりません
where is the station|Où est la gare ?|¿Dónde está la estación?|Wo ist der Bahnhof?|Dov'è la stazione?|Onde fica a estação?|駅はどこですか。
where is the train station|Où est la gare ?|¿Dónde está la estación de tren?|Wo ist der Bahnhof?|Dov'è la stazione ferroviaria?|Onde fica a estação de trem?|駅はどこですか。
where is the library|Où est la bibliothèque ?|¿Dónde está la biblioteca?|Wo ist die Bibliothek?|Dov'è la biblioteca?|Onde fica a biblioteca?|図書館はどこですか。
where is the bathroom|Où sont les toilettes ?|¿Dónde está el baño?|Wo ist die Toilette?|Dov'è il bagno?|Onde fica o banheiro?|お手洗いはどこですか。
how much does it cost|Combien ça coûte ?|¿Cuánto cuesta?|Was kostet das?|Quanto costa?|Quanto custa?|いくらですか。
i would like a coffee|Je voudrais un café|Quisiera un café|Ich hätte gern einen Kaffee|Vorrei un caffè|Eu gostaria de um café|コーヒーをください。
the weather is nice today|Il fait beau aujourd'hui|Hoy hace buen tiempo|Das Wetter ist heute schön|Oggi fa bel tempo|O tempo está bom hoje|今日は天気がいいです。
i am hungry|J'ai faim|Tengo hambre|Ich habe Hunger|Ho fame|Estou com fome|お腹が空きました。
i am learning french|J'apprends le français|Estoy aprendiendo francés|Ich lerne Französisch|Sto imparando il francese|Estou aprendendo francês|フランス語を勉強しています。
see you tomorrow|À demain|Hasta mañana|Bis morgen|A domani|Até amanhã|また明日
see you soon|À bientôt|Hasta pronto|Bis bald|A presto|Até logo|またね
welcome|Bienvenue|Bienvenido|Willkommen|Benvenuto|Bem-vindo|ようこそ
happy birthday|Joyeux anniversaire|Feliz cumpleaños|Alles Gute zum Geburtstag|Buon compleanno|Feliz aniversário|お誕生日おめでとうございます
congratulations|Félicitations|Felicidades|Herzlichen Glückwunsch|Congratulazioni|Parabéns|おめでとうございます
the cat is on the table|Le chat est sur la table|El gato está en la mesa|Die Katze ist auf dem Tisch|Il gatto è sul tavolo|O gato está na mesa|猫はテーブルの上にいます。
the cat is black|Le chat est noir|El gato es negro|Die Katze ist schwarz|Il gatto è nero|O gato é preto|その猫は黒いです。
hello world|Bonjour le monde|Hola, mundo|Hallo Welt|Ciao mondo|Olá, mundo|こんにちは、世界
hello how are you|Bonjour, comment allez-vous ?|Hola, ¿cómo estás?|Hallo, wie geht es Ihnen?|Ciao, come stai?|Olá, como está?|こんにちは、お元気ですか。
cat|le chat|el gato|die Katze|il gatto|o gato|猫
dog|le chien|el perro|der Hund|il cane|o cão|犬
house|la maison|la casa|das Haus|la casa|a casa|家
water|l'eau|el agua|das Wasser|l'acqua|a água|水
bread|le pain|el pan|das Brot|il pane|o pão|パン
book|le livre|el libro|das Buch|il libro|o livro|本
friend|l'ami|el amigo|der Freund|l'amico|o amigo|友達
love|l'amour|el amor|die Liebe|l'amore|o amor|愛
sun|le soleil|el sol|die Sonne|il sole|o sol|太陽
moon|la lune|la luna|der Mond|la luna|a lua|月
tree|l'arbre|el árbol|der Baum|l'albero|a árvore|木
city|la ville|la ciudad|die Stadt|la città|a cidade|町
day|le jour|el día|der Tag|il giorno|o dia|日
night|la nuit|la noche|die Nacht|la notte|a noite|夜
apple|la pomme|la manzana|der Apfel|la mela|a maçã|りんご
red|rouge|rojo|rot|rosso|vermelho|赤い
blue|bleu|azul|blau|blu|azul|青い
one|un|uno|eins|uno|um|一
two|deux|dos|zwei|due|dois|二
three|trois|tres|drei|tre|três|三
"""  # noqa: E501  # a line holds one phrase in all its languages
PHRASES: dict[str, tuple[str, ...]] = {
    line.split("|")[0]: tuple(line.split("|")[1:]) for line in _BOOK.strip().splitlines()
}
