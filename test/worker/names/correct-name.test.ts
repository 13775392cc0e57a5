import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { correctName } from '../../../src/worker/names/correct-name.ts';

const owned = { full: 'Helena Duarte', given: 'Helena', family: 'Duarte' };
/** The text after the persona called `answered` was renamed. */
const corrected = (answered: string, text: string, name = owned): string =>
  correctName({ name: answered, text }, answered, name).text;

describe('correctName', () => {
  it('renames every text of the person, at any depth, and no key', () => {
    const persona = {
      name: 'Maria Silva',
      age: 40,
      Maria: 'Maria',
      occupation: { title: 'Baker', description: 'Maria Silva owns a bakery. Ms. Silva bakes.' },
      beliefs: ['Maria believes in bread.', { nested: ["Silva's bread"] }],
      nothing: null,
      works: true,
    };
    const before = structuredClone(persona);
    assert.deepEqual(correctName(persona, 'Maria Silva', owned), {
      name: 'Helena Duarte',
      age: 40,
      Maria: 'Helena',
      occupation: { title: 'Baker', description: 'Helena Duarte owns a bakery. Ms. Duarte bakes.' },
      beliefs: ['Helena believes in bread.', { nested: ["Duarte's bread"] }],
      nothing: null,
      works: true,
    });
    assert.deepEqual(persona, before);
  });

  it('copies nothing where the name is right already', () => {
    const persona = { name: owned.full, list: [{ text: 'Helena Duarte' }] };
    assert.equal(correctName(persona, owned.full, owned), persona);
  });

  const cases: readonly (readonly [answered: string, text: string, expected: string, why: string])[] = [
    [
      'Maria Silva',
      "Maria's and Silva’s, MARIA SILVA'S",
      "Helena's and Duarte’s, HELENA DUARTE'S",
      'possessives',
    ],
    [
      'Maria Silva',
      'Mariana Silvano, Rosamaria, Silva2',
      'Mariana Silvano, Rosamaria, Silva2',
      'longer words',
    ],
    ['Maria Silva', 'Anna-Maria met Maria-José', 'Anna-Maria met Maria-José', 'compound names'],
    [
      'Maria Silva',
      'maria.silva@example.org, @Maria_Silva',
      'maria.silva@example.org, @Maria_Silva',
      'addresses',
    ],
    ['Maria Silva', 'Maria\n Silva', 'Helena Duarte', 'a name across lines'],
    [
      'Will May',
      'will it rain? It may. Will May, Will’s dog',
      'will it rain? It may. Helena Duarte, Helena’s dog',
      'words',
    ],
    ['Will May', 'Maybe Willing', 'Maybe Willing', 'words that begin with the name'],
    [
      'José Peña',
      'Jose Pena, JOSÉ and José; Jose\u0301',
      'Helena Duarte, HELENA and Helena; Helena',
      'accents',
    ],
    ['Zoë O’Neil', "Zoë O'Neil, O'Neil's", "Helena Duarte, Duarte's", 'apostrophes of either kind'],
    ['Ann Neil', "Ann O'Neil and D’Ann", "Helena O'Neil and D’Ann", 'the end of a surname'],
    ['Anna Petit', "l'amie d'Anna", "l'amie d'Helena", 'elisions'],
    [
      'Anne-Marie Smith-Jones',
      'Anne and Anne-Marie, Smith-Jones not Smith',
      'Anne and Helena, Duarte not Smith',
      'hyphens',
    ],
    [
      'Vincent van Gogh',
      'Vincent; van Gogh; Gogh; Vincent van Gogh',
      'Helena; Duarte; Duarte; Helena Duarte',
      'particles',
    ],
    ['Ana Clara Souza', 'Ana Souza, Ana Clara, Clara', 'Helena Duarte, Helena, Clara', 'a middle name'],
    ['Dr. Maria Silva Jr.', 'Dr. Maria Silva Jr.; Dr. Silva', 'Dr. Helena Duarte Jr.; Dr. Duarte', 'titles'],
    ['Dr. Silva', 'Dr. Silva heals.', 'Dr. Duarte heals.', 'a title and one word'],
    ['Maria', 'Maria, mariachi, Maria’s', 'Helena, mariachi, Helena’s', 'a single word'],
    ['maria silva', 'Maria, maria, maria silva', 'Helena, maria, Helena Duarte', 'an answer in lower case'],
    [
      'M. (Max) $ilva+',
      'M. (Max) $ilva+ likes a+b',
      'Helena Duarte likes a+b',
      'characters with a meaning in patterns',
    ],
    ['Thomas Thomas', 'Thomas Thomas, Thomas', 'Helena Duarte, Helena', 'one word twice'],
    ['', 'Nobody', 'Nobody', 'no name'],
    ['...', 'Nobody...', 'Nobody...', 'no letters'],
  ];
  for (const [answered, text, expected, why] of cases) {
    it(`handles ${why}`, () => assert.equal(corrected(answered, text), expected));
  }

  it('puts the owned name in as it is, whatever it contains', () => {
    const tricky = { full: "$& D'Arcy-$1", given: '$&', family: "D'Arcy-$1" };
    assert.equal(corrected('Maria Silva', 'Maria Silva, Maria', tricky), "$& D'Arcy-$1, $&");
  });

  it('does not replace a replacement, where the names contain one another', () => {
    const wider = { full: 'Anna Maria Silva Costa', given: 'Anna', family: 'Silva Costa' };
    assert.equal(
      corrected('Maria Silva', 'Maria Silva, Silva', wider),
      'Anna Maria Silva Costa, Silva Costa',
    );
    const longer = { full: 'Anna Maria Silva', given: 'Anna', family: 'Silva' };
    assert.equal(corrected('Maria Silva', 'Maria Silva, Maria', longer), 'Anna Maria Silva, Anna');
  });

  it('keeps the order of names that begin with the family name', () => {
    const nagy = { full: 'Nagy Éva', given: 'Éva', family: 'Nagy' };
    assert.equal(corrected('Kovács Anna', 'Kovács Anna, Anna, Kovács', nagy), 'Nagy Éva, Éva, Nagy');
    assert.equal(corrected('Éva Kovács', 'Éva Kovács, Kovács', nagy), 'Nagy Éva, Nagy');
    assert.equal(corrected('Nagy Anna', 'Anna', nagy), 'Éva');
  });

  it('finds names where no space divides words', () => {
    const wang = { full: '王小明', given: '小明', family: '王' };
    assert.equal(corrected('李建国', '李建国喜欢茶。建国说', wang), '王小明喜欢茶。小明说');
    assert.equal(corrected('Jianguo Li', 'Jianguo Li: Jianguo', wang), '王小明: 小明');
    const sato = { full: '佐藤 花子', given: '花子', family: '佐藤' };
    assert.equal(
      corrected('鈴木 一郎', '鈴木一郎は鈴木 一郎、一郎です', sato),
      '佐藤 花子は佐藤 花子、花子です',
    );
    const kim = { full: '김민준', given: '민준', family: '김' };
    assert.equal(corrected('이서연', '이서연은 서연이', kim), '김민준은 민준이');
  });

  it('leaves other people alone: their names, and mentions of them', () => {
    const persona = {
      name: 'Maria Silva',
      relationships: [
        { name: 'João Silva', description: "João Silva is Maria's brother; Maria Costa is his wife." },
        { name: 'Maria Costa', description: 'Met Maria at school.' },
        { name: 'Silva', description: 'A dog called Rex.' },
        { name: 'María  SILVA', description: 'Herself.' },
      ],
      story: 'JOÃO SILVA and Maria Silva; Silva.',
    };
    assert.deepEqual(correctName(persona, 'Maria Silva', owned), {
      name: 'Helena Duarte',
      relationships: [
        { name: 'João Silva', description: "João Silva is Helena's brother; Maria Costa is his wife." },
        { name: 'Maria Costa', description: 'Met Helena at school.' },
        { name: 'Silva', description: 'A dog called Rex.' },
        { name: 'Helena Duarte', description: 'Herself.' },
      ],
      story: 'JOÃO SILVA and Helena Duarte; Duarte.',
    });
  });

  it('keeps an own __proto__ key a key', () => {
    const persona = JSON.parse('{"name":"Maria Silva","__proto__":{"text":"Maria"}}');
    const copy = correctName(persona, 'Maria Silva', owned);
    assert.equal(JSON.stringify(copy), '{"name":"Helena Duarte","__proto__":{"text":"Helena"}}');
    assert.equal(Object.getPrototypeOf(copy), Object.prototype);
  });
});
