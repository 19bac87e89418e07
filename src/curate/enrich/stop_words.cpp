#include "curate/enrich/stop_words.h"

#include <algorithm>

namespace millpond::curate {
namespace {

struct List {
  std::string_view language, words;
};

constexpr List kLists[] = {
    {"en",
     "a about above according across actually after afterwards again against ago all almost alone along already also "
     "although always am among amount an and another any anybody anyhow anyone anything anyway anywhere are aren't "
     "around as aside ask asked asking at away back be became because become becomes been before beforehand behind "
     "being below beside besides better between beyond both brief but by c'mon call came can can't cannot cause causes "
     "certain certainly changes clearly come comes consequently consider considering could couldn't currently day days "
     "definitely described despite did didn't different do does doesn't doing don't done down downwards due during "
     "each eight eighth either eleven else elsewhere end enough entirely especially etc even ever every everybody "
     "everyone everything everywhere exactly example except far few fifth first five followed following follows for "
     "former formerly forth found four fourth from full further furthermore gave general generally get gets getting "
     "give given gives go goes going gone good got great had hadn't happens hardly has hasn't have haven't having he "
     "he's hello help hence her here here's hereby herein hers herself hi high him himself his hopefully how howbeit "
     "however hundred i i'd i'll i'm i've if immediate in inasmuch inc indeed indicate inner insofar instead into "
     "inward is isn't it it'd it'll it's its itself just keep keeps kept kind knew know known knows large largely "
     "last lately later latter least left less lest let let's like liked likely little long longer look looking looks "
     "lot lots low made mainly make makes making many may maybe me mean means meanwhile merely might million mine more "
     "moreover most mostly mr mrs ms much must my myself namely near nearly necessary need needs neither never "
     "nevertheless new next nine no nobody non none nonetheless nor normally not nothing now nowhere number obviously "
     "of off often oh ok okay old on once one ones only onto or other others otherwise ought our ours ourselves out "
     "outside over overall own part particular particularly people per perhaps place placed please plus point points "
     "possible possibly presumably previous probably provide provided provides put quite rather re really reasonably "
     "regarding regardless regards relatively respectively right said same saw say saying says second secondly see "
     "seeing seem seemed seems seen self selves sense sent serious seriously set seven several shall she she's should "
     "shouldn't show shown shows side similar simply since six small so some somebody somehow someone something "
     "sometimes somewhat somewhere soon sorry specified specify still sub such sure take taken takes taking tell ten "
     "tend than thank thanks that that's the their theirs them themselves then thence there there's thereafter thereby "
     "therefore therein thereof these they they'd they'll they're they've thing things think third this thorough "
     "thoroughly those though thought thousand three through throughout thru thus time times to today together told "
     "too took toward towards tried tries truly try trying turn turned twelve twenty twice two under unfortunately "
     "unless unlike until unto up upon us use used useful user uses using usually value various versus very via vs "
     "want wanted wants was wasn't way ways we we'd we'll we're we've week weeks well went were weren't what what's "
     "whatever when whence whenever where where's whereas whereby wherein whereupon wherever whether which while "
     "whither who who's whoever whole whom whose why will willing wish with within without won't wonder work works "
     "would wouldn't year years yes yesterday yet you you'd you'll you're you've your yours yourself yourselves zero"},
    {"de",
     "ab aber alle allem allen aller alles als also am an andere anderem anderen anderer anderes auch auf aus außer "
     "außerdem bald bei beide beiden beim bereits besonders bevor bin bis bisher bist bzw da dabei dadurch dafür "
     "dagegen daher damit danach daneben dann daran darauf daraus darf darin darüber darum darunter das dass daß "
     "davon davor dazu dein deine deinem deinen deiner dem demnach den denen denn dennoch der deren derer des deshalb "
     "dessen dich die dies diese dieselbe diesem diesen dieser dieses dir doch dort drei du durch dürfen eben ebenso "
     "eigentlich ein eine einem einen einer eines einfach einige einigen einiger einiges einmal entweder er erst erste "
     "ersten es etwa etwas euch euer eure falls fast für ganz gar geben gegen gehen gemacht genau genug gerade gern "
     "gibt ging gut hab habe haben hat hatte hatten hätte hätten her heute hier hin hinter ich ihm ihn ihnen ihr ihre "
     "ihrem ihren ihrer ihres im immer in indem ins irgend ist ja jede jedem jeden jeder jedes jedoch jemand jene "
     "jenem jenen jener jenes jetzt kann kannst kaum kein keine keinem keinen keiner können könnte könnten lang lassen "
     "lässt machen macht mal man manche manchem manchen mancher manchmal mehr mehrere mein meine meinem meinen meiner "
     "meist meisten mich mir mit möchte möglich muss müssen musste nach nachdem nächste neben nein neu neue neuen "
     "nicht nichts nie noch nun nur ob obwohl oder oft ohne pro schließlich schon sehr sei seien sein seine seinem "
     "seinen seiner seines seit seitdem selbst sich sie sind so sobald sofern sogar solche solchem solchen solcher "
     "soll sollen sollte sollten somit sondern sonst soweit sowie sowohl statt tun über um und uns unser unsere "
     "unserem unseren unter viel viele vielen vielleicht vier vom von vor wann war waren warum was weder weg wegen "
     "weil weiter weitere weiteren weiterhin welche welchem welchen welcher welches wenig wenige weniger wenn wer "
     "werde werden wie wieder will wir wird wirklich wo wobei wodurch wohl wollen worden wurde wurden während wäre "
     "wären würde würden z.b zu zudem zum zur zurück zusammen zwar zwei zwischen"},
    {"fr",
     "a afin ai aient ainsi ait alors après as assez au aucun aucune auprès auquel aura aurait aussi autant autour "
     "autre autres aux auxquels avaient avait avant avec avoir avons ayant beaucoup bien bon c'est car ce ceci cela "
     "celle celles celui cent cependant certain certaine certaines certains ces cet cette ceux chacun chaque chez ci "
     "cinq combien comme comment contre d'un d'une dans de depuis derrière des dès desquels deux devant devrait dit "
     "doit doivent donc dont du duquel durant elle elles en encore enfin entre envers es est et étaient était étant "
     "été être eu eux facile fait faire fait faut fois font fut grâce grand grande hors il ils je jamais jusque l'on "
     "la là laquelle le lequel les lesquelles lesquels leur leurs lors lorsque lui ma mais malgré me même mêmes mes "
     "mieux moi moins mon n'est ne ni non nos notamment notre nous nouveau nouvelle on ont or ou où par parce parfois "
     "parmi pas pendant peu peut peuvent peut-être plupart plus plusieurs plutôt pour pourquoi pourra pourrait pouvoir "
     "premier première près presque puis puisque qu'il qu'elle qu'on qu'un qu'une quand quant quatre que quel quelle "
     "quelles quelque quelques quels qui quoi rien s'est s'il sa sans sauf se selon sera serait seront ses seul seule "
     "seulement si soit son sont sous souvent sur surtout ta tandis te tel telle telles tels tes toi ton toujours tous "
     "tout toute toutefois toutes très trois trop tu un une vers via voici voilà vont vos votre vous vu y"},
    {"es",
     "a acuerdo además ahora al algo algún alguna algunas alguno algunos allí ambos ante anterior antes aquel aquella "
     "aquellas aquello aquellos aquí así aún aunque bajo bien cada casi como cómo con conforme contra cosa cual cuál "
     "cuales cualquier cuando cuándo cuanto cuatro cuyo cuya da de debe deben debido decir del demás dentro desde "
     "después dice dio donde dónde dos durante e el él ella ellas ello ellos en encima entonces entre era eran eres es "
     "esa esas ese eso esos esta está ésta estaba estado están estar estas este éste esto estos estoy existe fin fue "
     "fuera fueron gran grande grandes ha había habían haber hace hacen hacer hacia han hasta hay haya he hizo hoy "
     "incluso junto la lado largo las le les lo los luego más manera mayor me mediante mejor menos mi mí mientras mis "
     "mismo misma mismos mucha muchas mucho muchos muy nada ni ningún ninguna no nos nosotros nuestra nuestras nuestro "
     "nuestros nueva nuevo nunca o os otra otras otro otros para parte pero pesar poco podía podrá podría por porque "
     "posible primer primera primero pudo pueda puede pueden pues que qué quien quién quienes se sea sean según "
     "segunda "
     "segundo seis ser será sería si sí sido siempre siendo sin sino sobre sólo solo somos son su sus tal también "
     "tampoco tan tanto te tener tenía tercero ti tiempo tiene tienen toda todas todavía todo todos tras tres tu tú "
     "tus un una unas uno unos usted ustedes va vamos van varias varios veces ver vez y ya yo"},
    {"it",
     "a abbiamo ad adesso agli ai al alcuna alcune alcuni alcuno all alla alle allo allora almeno altra altre altri "
     "altro anche ancora anni anno avere aveva avevano avrebbe basta bene c'è che chi ci ciò cinque circa coi col come "
     "comunque con così cosa cui da dagli dai dal dall dalla dalle dallo davanti degli dei del dell della delle dello "
     "dentro di dice dopo dove dovrebbe due dunque durante e è ed egli era erano essa esse essere essi fa fare fino "
     "fra "
     "fu furono già gli grande ha hai hanno ho i il in infatti inoltre insieme invece io la là le lei li lo loro lui "
     "ma "
     "mai me meglio mentre meno mi mio molta molte molti molto ne né negli nei nel nell nella nelle nello nessun "
     "nessuna nessuno niente no noi non nostra nostre nostri nostro nuova nuovo o ogni oltre oppure ora per perché "
     "però "
     "più piuttosto poco poi possono potrebbe prima primo proprio può qual quale quali qualche quando quanto quasi "
     "quattro quella quelle quelli quello questa queste questi questo qui quindi sarà sarebbe se secondo sei sempre "
     "senza si sì sia siamo sono sopra sotto sta stata state stati stato stesso su sua sue sugli sui sul sull sulla "
     "sulle sullo suo suoi tale tali tanto te ti tra tre troppo tu tutta tuttavia tutte tutti tutto un una uno verso "
     "vi "
     "viene voi volta volte"},
    {"pt",
     "a à ainda além algo alguém algum alguma algumas alguns ali ambos ano anos antes ao aos apenas apesar após aquela "
     "aquelas aquele aqueles aquilo as às assim até através bem cada coisa com como contra contudo da daquele das de "
     "dela delas dele deles depois desde dessa desse desta deste deve devem dia disso disto do dois dos duas durante e "
     "é ela elas ele eles em embora enquanto entanto então entre era eram essa essas esse esses esta está estão estar "
     "estas estava estavam este estes estou eu faz fazer foi for fora foram forma fosse grande há isso isto já la lá "
     "lhe lhes lo logo maior mais mas me meio melhor menos mesma mesmas mesmo mesmos meu meus minha minhas muita "
     "muitas "
     "muito muitos na nada não nas nem nenhum nenhuma nessa nesse nesta neste no nos nós nossa nossas nosso nossos "
     "nova "
     "novo num numa nunca o onde os ou outra outras outro outros para parte pela pelas pelo pelos perante pode podem "
     "poder pois por porém porque pouco primeira primeiro própria próprio quais qual qualquer quando quanto quase que "
     "quem se seja sem sempre sendo ser será seria seu seus si sido sob sobre sua suas tal também tão tem têm tempo "
     "ter "
     "teve tinha toda todas todavia todo todos três tu tudo um uma umas uns vai vários vez vezes você vocês"},
    {"nl",
     "aan achter af al alle alleen alles als altijd ander andere anders beide ben bij bijna bijvoorbeeld binnen boven "
     "buiten daar daarbij daarmee daarna daarom dan dat de deze die dit doen door dus een eens eerste en er erg etc "
     "gaan gaat geen geweest geworden haar had hadden heb hebben heeft heel hem hen het hier hij hoe hun iemand iets "
     "ik "
     "in is ja je jij jou jouw kan kon konden kunnen maar maken me meer meest men met mij mijn misschien moest moet "
     "moeten mogen na naar naast nadat net niet niets nieuwe nog nooit nu of om omdat onder ons onze ook op over per "
     "reeds samen sinds slechts steeds te tegen ten ter terwijl tijdens toch toe toen tot tussen twee u uit uw van "
     "vanaf veel verder vaak vier volgens voor vooral waar waarbij waarin waarom was wat we weer wel welke werd werden "
     "wie wij wil worden wordt zal ze zeer zelf zich zij zijn zo zoals zonder zou zouden zulke"},
    {"ru",
     "а без более больше будет будто будут бы был была были было быть в вам вас ведь весь во вот все всё всего всех вы "
     "где да даже два для до другие другой его ее её если есть еще ещё же за здесь и из или им иногда их к каждый как "
     "какая какой когда конечно которая которого которое которой которые который которых кто куда ли лишь лучше между "
     "меня мне много можно может мой моя мы на над надо наконец нас не него нее ней нельзя нет ни нибудь никогда ним "
     "них ничего но ну о об один одна однако он она они оно от очень перед по под поскольку после потом потому почти "
     "при про раз разве с сам свою свой себе себя сейчас со совсем так также такие такой там тебя тем теперь то тогда "
     "того тоже только том тот три тут ты у уже хорошо хотя чего чем через что чтобы чуть эта эти этих это этого этой "
     "этом этот эту я"},
};

std::vector<StopWords> make_lists() {
  std::vector<StopWords> lists;
  for (const List& list : kLists) {
    StopWords& made = lists.emplace_back(StopWords{list.language, {}});
    std::string_view rest = list.words;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      made.words.insert(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return lists;
}

}  // namespace

std::span<const StopWords> stop_word_lists() {
  static const std::vector<StopWords> lists = make_lists();
  return lists;
}

const StopWords* stop_words_of(std::string_view language) {
  for (const StopWords& list : stop_word_lists()) {
    if (list.language == language) return &list;
  }
  return nullptr;
}

const StopWords* stop_words_for(const std::vector<std::string_view>& lower_words) {
  constexpr std::size_t kLooked = 2000;
  const std::size_t looked = std::min(lower_words.size(), kLooked);
  const StopWords* best = nullptr;
  std::size_t most = looked / 10;
  for (const StopWords& list : stop_word_lists()) {
    const auto found = static_cast<std::size_t>(std::count_if(lower_words.begin(),
                                                              lower_words.begin() + static_cast<std::ptrdiff_t>(looked),
                                                              [&](std::string_view word) { return list.has(word); }));
    if (found > most) most = found, best = &list;
  }
  return best;
}

}  // namespace millpond::curate
