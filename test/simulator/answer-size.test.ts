import assert from 'node:assert/strict';
import { test } from 'node:test';
import { personaRequestSchema } from '../../src/shared/person/schema.ts';
import { drawScale } from '../../src/simulator/answer-size.ts';
import { seededRandom } from '../../src/simulator/seeded-random.ts';
import { startSimulator } from '../../src/simulator/server.ts';
import { clientOf, MARIA, personRequest } from './simulated-client.ts';

test('sizes are spread evenly by their logarithm around the usual one', () => {
  const random = seededRandom(3);
  const sizes = Array.from({ length: 2000 }, () =>
    drawScale({ scale: 1, spread: 16 }, random, (scale) => scale),
  );
  const logs = sizes.map((size) => Math.log2(size));
  assert.ok(Math.min(...logs) >= -2.3 && Math.max(...logs) <= 2.05, 'between a quarter and four times');
  for (const quarter of [-2, -1, 0, 1]) {
    const share = logs.filter((log) => log >= quarter && log < quarter + 1).length / logs.length;
    assert.ok(Math.abs(share - 0.25) < 0.05, `${share} from 2^${quarter}`);
  }
});

test('a smallest answer that the schema makes large moves all sizes up', () => {
  const random = seededRandom(3);
  const sizeAt = (scale: number) => 100 + 10 * scale;
  const sizes = Array.from({ length: 500 }, () => sizeAt(drawScale({ scale: 1, spread: 2 }, random, sizeAt)));
  assert.ok(Math.min(...sizes) < 102 && Math.max(...sizes) > 194 && Math.max(...sizes) <= 200);
});

test('tenfold: valid people between 1 and 10, the same for the same request', async () => {
  await using simulator = await startSimulator({ completionSpread: 10 });
  const { schema, jsonSchema } = personaRequestSchema({ alternateNames: false });
  const ask = async (about: string) => {
    const request = personRequest(about, jsonSchema);
    const { choices, usage } = await clientOf(simulator).chat.completions.create(request);
    schema.parse(JSON.parse(choices[0]?.message.content ?? ''));
    return usage?.completion_tokens ?? 0;
  };
  const sizes: number[] = [];
  for (let index = 0; index < 60; index++) sizes.push(await ask(`${MARIA}\n${index}`));
  const ratio = Math.max(...sizes) / Math.min(...sizes);
  assert.ok(ratio > 7 && ratio < 11, `ratio ${ratio}`);
  assert.equal(await ask(`${MARIA}\n7`), sizes[7]);
});
