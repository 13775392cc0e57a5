import assert from 'node:assert/strict';
import { test } from 'node:test';
import { personLine } from '../../../src/producer/export/person-line.ts';
import { encodeImportedRecord } from '../../../src/producer/import/imported-record.ts';
import { encodePersonRecord } from '../../../src/shared/person/person-record.ts';
import { examplePersona } from '../../shared/person/example-persona.ts';

const shared = { simulation: 'sim', population: 'ab12ab12ab12ab12', seed: '7' };
const own = {
  characteristics: { age: 41 },
  model: 'm',
  simulated: false,
  promptDigest: '0123456789abcdef',
  attempts: 2,
  tokens: { prompt: 100, cached: 0, completion: 10 },
  committedAt: '2030-01-01T00:00:00.000Z',
};
const { characteristics: _characteristics, ...ownProvenance } = own;

test('a line has cells, warnings and repairs where the record has them, and only there', () => {
  const persona = examplePersona();
  assert.deepEqual(personLine(3, encodePersonRecord({ persona, ...own }), shared), {
    slot: 3,
    name: 'Ama Boateng',
    persona,
    characteristics: { age: 41 },
    provenance: { ...shared, ...ownProvenance },
  });
  const more = { cells: { age: '40-49' }, warnings: ['beliefs: 3 of 8'] };
  const line = personLine(3, encodePersonRecord({ persona, ...own, ...more, repairs: 1 }), shared);
  assert.deepEqual([line.cells, line.warnings, line.provenance.repairs], [more.cells, more.warnings, 1]);
});

test('an imported person has its persona as it was, and says where it is from', () => {
  const persona = { name: 'Bo', occupation: 'baker', nickname: ['B'] };
  const provenance = { model: 'gpt', seed: '9' };
  const imported = { file: 'old/Bo.agent.json', digest: 'd', provenance };
  const line = personLine(0, encodeImportedRecord({ ...own, persona, imported }), { ...shared, seed: '' });
  assert.deepEqual(line, {
    slot: 0,
    name: 'Bo',
    persona,
    characteristics: { age: 41 },
    provenance: {
      ...shared,
      seed: '',
      ...ownProvenance,
      imported: { file: 'old/Bo.agent.json', at: own.committedAt, provenance },
    },
  });
});
