import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import OpenAI from 'openai';
import type { FaultKind } from '../../src/simulator/faults.ts';
import type { SimulatorOptions } from '../../src/simulator/options.ts';
import { startSimulator } from '../../src/simulator/server.ts';
import {
  askPerson,
  clientOf,
  failureOf,
  MARIA,
  personRequest,
  type SmallPerson,
} from './simulated-client.ts';

const always = (kind: FaultKind, more: Partial<SimulatorOptions> = {}) =>
  startSimulator({ ...more, faults: { [kind]: 1 } });

async function complete(simulator: Awaited<ReturnType<typeof startSimulator>>, about = MARIA) {
  return clientOf(simulator).chat.completions.create(personRequest(about));
}

describe('faults that answer with an error', () => {
  const cases: [FaultKind, number, string, string | null][] = [
    ['rate_limit', 429, 'requests', 'rate_limit_exceeded'],
    ['quota', 429, 'insufficient_quota', 'insufficient_quota'],
    ['server_error', 500, 'server_error', null],
    ['unavailable', 503, 'server_error', null],
  ];
  for (const [kind, status, type, code] of cases)
    test(kind, async () => {
      await using simulator = await always(kind);
      const failure = await failureOf(complete(simulator));
      assert.equal(failure.status, status);
      assert.equal(failure.type, type);
      assert.equal(failure.code, code);
      assert.equal(failure.headers?.get('x-persona-fleet-simulated'), '1');
      const stats = simulator.stats();
      assert.deepEqual(stats.byStatus, { [status]: 1 });
      assert.equal(stats.byFault[kind], 1);
      assert.equal(stats.tooManyRequests, status === 429 ? 1 : 0);
      assert.equal(stats.successes, 0);
      assert.equal(stats.tokens.prompt, 0);
    });

  for (const [retryAfter, header, value] of [
    ['none', 'retry-after', /^null$/],
    [7, 'retry-after', /^7$/],
    ['0', 'retry-after', /^0$/],
    ['ms:40', 'retry-after-ms', /^40$/],
    ['date:5', 'retry-after', / GMT$/],
    ['garbage', 'retry-after', /soon/],
  ] as const)
    test(`rate_limit with Retry-After ${retryAfter}`, async () => {
      await using simulator = await always('rate_limit', { retryAfter });
      const failure = await failureOf(complete(simulator));
      assert.match(String(failure.headers?.get(header) ?? null), value);
    });
});

describe('faults of the connection', () => {
  test('reset', async () => {
    await using simulator = await always('reset');
    const failure = await failureOf(complete(simulator));
    assert.ok(failure instanceof OpenAI.APIConnectionError);
    const { byFault, byStatus, aborted, inFlight } = simulator.stats();
    assert.deepEqual(
      { reset: byFault.reset, byStatus, aborted, inFlight },
      { reset: 1, byStatus: {}, aborted: 0, inFlight: 0 },
    );
  });

  test('truncated: half of the promised body, then the end', async () => {
    await using simulator = await always('truncated');
    const response = await fetch(`${simulator.url}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify(personRequest(MARIA)),
    });
    assert.equal(response.status, 200);
    assert.ok(Number(response.headers.get('content-length')) > 1000);
    await assert.rejects(response.text());
    await assert.rejects(complete(simulator));
    const { byFault, successes, aborted, tokens } = simulator.stats();
    assert.deepEqual(
      { truncated: byFault.truncated, successes, aborted },
      { truncated: 2, successes: 0, aborted: 0 },
    );
    assert.ok(tokens.completion > 0, 'a provider charges for an answer that was lost on its way');
  });

  test('hang: no answer until the caller gives up', async () => {
    await using simulator = await always('hang');
    const caller = new AbortController();
    const request = personRequest(MARIA);
    const call = clientOf(simulator).chat.completions.create(request, { signal: caller.signal });
    const failure = failureOf(call);
    await until(() => simulator.stats().byFault.hang === 1);
    assert.equal(simulator.stats().inFlight, 1);
    caller.abort();
    assert.ok((await failure) instanceof OpenAI.APIUserAbortError);
    await until(() => simulator.stats().inFlight === 0);
    assert.equal(simulator.stats().aborted, 1);
  });

  test('hang: stop() ends all of them', async () => {
    const simulator = await always('hang');
    const failures = Promise.all([MARIA, 'a', 'b'].map((about) => failureOf(complete(simulator, about))));
    await until(() => simulator.stats().byFault.hang === 3);
    await simulator.stop();
    for (const failure of await failures) assert.ok(failure instanceof OpenAI.APIConnectionError);
    assert.equal(simulator.stats().inFlight, 0);
  });
});

describe('faults of the content', () => {
  test('length', async () => {
    await using simulator = await always('length');
    const completion = await complete(simulator);
    const content = completion.choices[0]?.message.content ?? '';
    assert.equal(completion.choices[0]?.finish_reason, 'length');
    assert.throws(() => JSON.parse(content), SyntaxError);
    assert.equal(completion.usage?.completion_tokens, countTokens(content));
  });

  test('invalid_json: never parses, and claims to be complete', async () => {
    await using simulator = await always('invalid_json');
    for (let index = 0; index < 20; index++) {
      const completion = await complete(simulator, `person ${index}`);
      assert.equal(completion.choices[0]?.finish_reason, 'stop');
      assert.throws(() => JSON.parse(completion.choices[0]?.message.content ?? ''), SyntaxError);
    }
    const { successes, successfulCalls } = simulator.stats();
    assert.deepEqual({ successes, successfulCalls }, { successes: 20, successfulCalls: 0 });
  });

  test('fenced_json: the same JSON in a fence', async () => {
    await using simulator = await always('fenced_json');
    await using plain = await startSimulator();
    const content = (await complete(simulator)).choices[0]?.message.content ?? '';
    const [, inner = ''] = /^```json\n(.*)\n```$/s.exec(content) ?? [];
    assert.deepEqual(JSON.parse(inner), await askPerson(plain, MARIA));
  });

  test('refusal', async () => {
    await using simulator = await always('refusal');
    const completion = await complete(simulator);
    const message = completion.choices[0]?.message;
    assert.equal(message?.content, null);
    assert.match(message?.refusal ?? '', /can't help/);
    assert.equal(completion.usage?.completion_tokens, countTokens(message?.refusal ?? ''));
  });

  test('wrong_name: another name, in every field that mentions it', async () => {
    await using simulator = await always('wrong_name');
    const person = await askPerson(simulator, MARIA);
    assert.notEqual(person.name, 'Maria Oliveira');
    const first = person.name.split(' ')[0] ?? '';
    for (const text of [
      person.style,
      person.occupation.description,
      person.relationships[0]?.description ?? '',
    ]) {
      assert.ok(text.includes(first), `${first} is missing in: ${text}`);
      assert.doesNotMatch(text, /\bMaria\b/);
    }
    assert.equal(person.age, 34, 'the other characteristics hold');
    assert.equal(person.occupation.title, 'nurse');
  });

  test('wrong_name keeps to collapsed names', async () => {
    await using simulator = await always('wrong_name', { names: 'collapsed:2' });
    const names = new Set<string>();
    for (let index = 0; index < 20; index++)
      names.add((await askPerson(simulator, MARIA.replace('34', String(30 + index)))).name);
    assert.equal(names.size, 2);
  });

  test('wrong_age: another age, all else as given', async () => {
    await using simulator = await always('wrong_age');
    for (let age = 18; age < 90; age += 9) {
      const person = await askPerson(simulator, MARIA.replace('34', String(age)));
      assert.notEqual(person.age, age);
      assert.ok(person.age >= 18 && person.age <= 120);
      assert.equal(person.name, 'Maria Oliveira');
    }
  });

  test('shallow_lists: every list is shorter than its minItems', async () => {
    await using simulator = await always('shallow_lists');
    const person: SmallPerson = await askPerson(simulator, MARIA);
    assert.equal(person.beliefs.length, 2);
    assert.equal(person.relationships.length, 0);
    assert.equal(person.other_facts.length, 1);
    assert.equal(person.name, 'Maria Oliveira');
  });
});

test('which calls meet a fault depends on the seed and the request, not on the order; a repeat draws afresh', async () => {
  const outcomes = async (order: number[]) => {
    await using simulator = await startSimulator({ seed: 'f', faults: { server_error: 0.5 } });
    const results = new Map<number, string>();
    for (const index of order) {
      let pattern = '';
      for (let attempt = 0; attempt < 4; attempt++) {
        const outcome = await complete(simulator, `person ${index}`).then(
          () => 'ok',
          () => 'failed',
        );
        pattern += `${outcome} `;
      }
      results.set(index, pattern);
    }
    return results;
  };
  const order = Array.from({ length: 12 }, (_, index) => index);
  const forwards = await outcomes(order);
  const backwards = await outcomes(order.toReversed());
  for (const index of order) assert.equal(backwards.get(index), forwards.get(index));
  assert.ok(new Set(forwards.values()).size > 3, 'requests must differ in their luck');
  assert.ok([...forwards.values()].some((pattern) => pattern.startsWith('failed') && pattern.includes('ok')));
});

/** Waits for a state of the server that is sure to come, turn by turn of the event loop. */
async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await new Promise((resolve) => setImmediate(resolve));
}
