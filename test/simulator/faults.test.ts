import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../src/shared/errors.ts';
import {
  drawFault,
  PASSING_FAULT_KINDS,
  parseFaults,
  retryAfterHeaders,
} from '../../src/simulator/faults.ts';
import { simulatorOptions } from '../../src/simulator/options.ts';
import { seededRandom } from '../../src/simulator/seeded-random.ts';

test('faults are read by kind, or for all that a fleet lives through, with exceptions', () => {
  assert.deepEqual(parseFaults('rate_limit=0.05, server_error=1e-2'), {
    rate_limit: 0.05,
    server_error: 0.01,
  });
  assert.deepEqual(parseFaults(''), {});
  const all = parseFaults('all=0.05,hang=0');
  assert.deepEqual(Object.keys(all).sort(), [...PASSING_FAULT_KINDS].sort());
  assert.equal(all.quota, undefined, 'a fleet would pause at once');
  assert.deepEqual(parseFaults('all=0.05,quota=0.01').quota, 0.01);
  assert.equal(all.hang, 0);
  assert.equal(all.wrong_age, 0.05);
});

test('what can not be read is named, with the known kinds', () => {
  const message = (text: string) => {
    try {
      parseFaults(text);
    } catch (error) {
      assert.ok(error instanceof UserError);
      return error.message;
    }
    throw new Error(`${text} was accepted`);
  };
  assert.match(message('rate_limits=0.1'), /unknown kind "rate_limits".*rate_limit, server_error/);
  assert.match(message('toString=0.1'), /unknown kind "toString"/);
  for (const bad of ['hang', 'hang=', 'hang=2', 'hang=-0.1', 'hang=a', 'hang=0.1=0.2'])
    assert.ok(message(bad).includes(`got "${bad}"`), bad);
  assert.match(message('all=0.5'), /add up to 6.5/);
});

test('each kind is drawn at its rate, one at most', () => {
  const random = seededRandom(7);
  const counts = new Map<string | undefined, number>();
  for (let call = 0; call < 20_000; call++) {
    const fault = drawFault({ hang: 0.1, reset: 0.3 }, random);
    counts.set(fault, (counts.get(fault) ?? 0) + 1);
  }
  assert.deepEqual([...counts.keys()].sort(), ['hang', 'reset', undefined]);
  assert.ok(Math.abs((counts.get('hang') ?? 0) / 20_000 - 0.1) < 0.01);
  assert.ok(Math.abs((counts.get('reset') ?? 0) / 20_000 - 0.3) < 0.01);
});

test('rates that add up to 1 leave no call without a fault', () => {
  const random = seededRandom(7);
  for (let call = 0; call < 1000; call++) assert.equal(drawFault({ refusal: 1 }, random), 'refusal');
});

test('Retry-After variants', () => {
  assert.deepEqual(retryAfterHeaders('none'), {});
  assert.deepEqual(retryAfterHeaders(0), { 'retry-after': '0' });
  assert.deepEqual(retryAfterHeaders('5'), { 'retry-after': '5' });
  assert.deepEqual(retryAfterHeaders('ms:250'), { 'retry-after-ms': '250' });
  const date = retryAfterHeaders('date:3600')['retry-after'] ?? '';
  assert.match(date, /^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/);
  assert.ok(Date.parse(date) > Date.now());
  assert.ok(Number.isNaN(Date.parse(retryAfterHeaders('garbage')['retry-after'] ?? '0')));
});

test('options out of range are all reported at once; unknown ones are named', () => {
  const bad = { port: 70_000, names: 'collapsed:0', retryAfter: 'later', faults: { hang: 0.6, reset: 0.6 } };
  assert.throws(
    () => simulatorOptions({ ...bad, ...{ colour: 'red' } }),
    (error: unknown) => {
      assert.ok(error instanceof UserError);
      for (const part of ['port', 'collapsed:K', 'retryAfter', 'faults', 'colour'])
        assert.ok(error.message.includes(part), `${part} is missing in: ${error.message}`);
      return true;
    },
  );
});
