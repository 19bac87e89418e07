#include "index/function_words.h"

namespace millpond::index {
namespace {

constexpr std::string_view kEnglish =
    "a about an and are as at be been but by can could did do does for from had has have he her him his how i if in "
    "into is "
    "it its may me might must my no not of on or our shall she should so such than that the their them then there "
    "these they "
    "this those to was we were what when where which who whom whose why will with would you your";

constexpr std::string_view kGerman =
    "aber als also am an auch auf aus bei bin bis bist da damit das dass dem den der des die dies diese dieser dieses "
    "du durch "
    "ein eine einem einen einer eines er es für hat hatte ich ihm ihn ihr ihre im in ist ja kann können man mit muss "
    "nach nicht "
    "noch nur ob oder ohne sein sich sie sind so soll über um und uns unter vom von vor war waren warum was welche "
    "welcher "
    "welches wenn wer werden wie wird wir wo zu zum zur";

constexpr std::string_view kFrench =
    "a ai au aux avec ce ces cet cette comment dans de des du elle elles en est et être il ils je la le les leur lui "
    "ma mais me "
    "mes mon ne nos notre nous on ont ou où par pas plus pour pourquoi qu quand que quel quelle quels qui sa se ses si "
    "son sont "
    "sur ta te tes ton tu un une vos votre vous";

constexpr std::string_view kSpanish =
    "a al como con cuando cuál cuáles cómo de del desde donde dónde el ella ellos en entre era es esa ese esta este "
    "está están "
    "fue ha hay la las le lo los me mi muy más no nos o para pero por porque qué que quién se ser si sin sobre son su "
    "sus "
    "también te tu un una uno y ya yo";

}  // namespace

std::string_view function_words(std::string_view language) {
  if (language == "english" || language == "en") return kEnglish;
  if (language == "german" || language == "de") return kGerman;
  if (language == "french" || language == "fr") return kFrench;
  if (language == "spanish" || language == "es") return kSpanish;
  return {};
}

}  // namespace millpond::index
