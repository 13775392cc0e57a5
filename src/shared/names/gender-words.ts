import { canonicalName } from '../transactions/canonical-name.ts';

export type Gender = 'female' | 'male';

const WORDS: Readonly<Record<Gender, string>> = {
  female:
    'female f w woman women girl lady she she/her her feminine cis-woman cisgender-woman trans-woman transgender-woman ' +
    'weiblich frau mädchen mujer femenino femenina niña femme féminin fille mulher feminino feminina menina donna femmina ' +
    'femminile ragazza vrouw vrouwelijk kvinna kvinnlig kvinde kvindelig kvinne kobieta żeńska žena ženský nő kadın ' +
    'nainen женщина женский жінка жіноча γυναίκα 女 女性 女子 여 여성 여자 nữ perempuan wanita أنثى امرأة נקבה אישה महिला स्त्री หญิง',
  male:
    'male m man men boy gentleman he he/him him masculine cis-man cisgender-man trans-man transgender-man ' +
    'männlich mann junge hombre masculino varón niño homme masculin garçon homem menino uomo maschio maschile ragazzo ' +
    'mannelijk manlig mand mandlig mannlig mężczyzna męska muž mužský férfi erkek mies мужчина мужской чоловік чоловіча ' +
    'άνδρας 男 男性 男子 남 남성 남자 nam laki-laki pria ذكر رجل זכר גבר पुरुष ชาย',
};

const BY_WORD: ReadonlyMap<string, Gender> = new Map(
  (['female', 'male'] as const).flatMap((gender) =>
    WORDS[gender].split(' ').map((word): [string, Gender] => [canonicalName(word), gender]),
  ),
);

/**
 * Which list of given names the words of a gender characteristic call for; undefined for `non-binary`, for words
 * that are not known and for no words: then either list serves.
 */
export function genderOf(words: string | undefined): Gender | undefined {
  return words === undefined ? undefined : BY_WORD.get(canonicalName(words));
}
