import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SimulatorOptions } from '../../src/simulator/options.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { askPerson, clientOf, failureOf, personRequest } from './simulated-client.ts';

async function startWithClock(options: Partial<SimulatorOptions>) {
  const clock = { nowMs: 5000 };
  const simulator = await startSimulator(options, { monotonicMs: () => clock.nowMs });
  return { simulator, clock };
}

test('requests above RPM get a 429 that says when to come back, and then pass', async () => {
  const { simulator, clock } = await startWithClock({ rpm: 2 });
  await using _ = simulator;
  const request = personRequest('someone');
  const { response } = await clientOf(simulator).chat.completions.create(request).withResponse();
  assert.equal(response.headers.get('x-ratelimit-limit-requests'), '2');
  assert.equal(response.headers.get('x-ratelimit-remaining-requests'), '1');
  assert.equal(response.headers.get('x-ratelimit-reset-requests'), '1m0s');
  assert.equal(response.headers.get('x-ratelimit-limit-tokens'), null);
  clock.nowMs += 20_000;
  await askPerson(simulator, 'second');
  clock.nowMs += 20_000;

  const failure = await failureOf(askPerson(simulator, 'third'));
  assert.equal(failure.status, 429);
  assert.equal(failure.type, 'requests');
  assert.equal(failure.code, 'rate_limit_exceeded');
  assert.match(failure.message, /requests per min \(RPM\): Limit 2, Used 2, Requested 1.*try again in 20s/);
  assert.equal(failure.headers?.get('retry-after-ms'), '20000');
  assert.equal(failure.headers?.get('retry-after'), '20');
  assert.equal(failure.headers?.get('x-ratelimit-remaining-requests'), '0');
  assert.equal(failure.headers?.get('x-ratelimit-reset-requests'), '40s');

  clock.nowMs += 19_999;
  assert.equal((await failureOf(askPerson(simulator, 'third'))).status, 429);
  clock.nowMs += 1;
  await askPerson(simulator, 'third');
  const { calls, successes, tooManyRequests, peak } = simulator.stats();
  assert.deepEqual({ calls, successes, tooManyRequests }, { calls: 5, successes: 3, tooManyRequests: 2 });
  assert.equal(peak.requests, 4, 'the statistics count what was asked for, refused or not');
});

test('tokens are charged as prompt plus the completion’s limit, or what is used where no limit is given', async () => {
  const { simulator } = await startWithClock({ tpm: 100_000 });
  await using _ = simulator;
  const ask = (changes: object) =>
    clientOf(simulator)
      .chat.completions.create({ ...personRequest('someone'), ...changes })
      .withResponse();
  const remaining = (response: Response) => Number(response.headers.get('x-ratelimit-remaining-tokens'));

  const first = await ask({ max_completion_tokens: 3000 });
  const prompt = first.data.usage?.prompt_tokens ?? 0;
  assert.equal(remaining(first.response), 100_000 - prompt - 3000);
  const second = await ask({ max_tokens: 2000 });
  assert.equal(remaining(first.response) - remaining(second.response), prompt + 2000);
  const third = await ask({});
  assert.equal(remaining(second.response) - remaining(third.response), third.data.usage?.total_tokens);
  assert.equal(simulator.stats().peak.tokens, 100_000 - remaining(third.response));
});

test('a call above TPM waits for the window; one that can never fit is told so', async () => {
  const { simulator, clock } = await startWithClock({ tpm: 2000 });
  await using _ = simulator;
  const ask = (max_completion_tokens: number) =>
    clientOf(simulator).chat.completions.create({ ...personRequest('someone'), max_completion_tokens });
  await ask(1000);
  const refused = await failureOf(ask(1001));
  assert.equal(refused.status, 429);
  assert.equal(refused.type, 'tokens');
  assert.equal(refused.headers?.get('retry-after-ms'), '60000');
  const hopeless = await failureOf(ask(2000));
  assert.match(hopeless.message, /Request too large/);
  clock.nowMs += 60_000;
  await ask(1001);
});

test('a failed call keeps its place in the window, and its error carries the limits', async () => {
  const { simulator } = await startWithClock({ rpm: 1, faults: { server_error: 1 } });
  await using _ = simulator;
  const failure = await failureOf(askPerson(simulator, 'someone'));
  assert.equal(failure.status, 500);
  assert.equal(failure.headers?.get('x-ratelimit-remaining-requests'), '0');
  assert.equal((await failureOf(askPerson(simulator, 'someone'))).status, 429);
});

test('a call that the limits refused does not use up a draw of its faults', async () => {
  const outcomes = async (rpm: number | undefined) => {
    const { simulator, clock } = await startWithClock({ rpm, seed: 'draws', faults: { server_error: 0.5 } });
    await using _ = simulator;
    const seen: number[] = [];
    while (seen.length < 8) {
      const failure = await askPerson(simulator, 'the same').then(
        () => undefined,
        (error: { status: number }) => error,
      );
      if (failure?.status === 429) clock.nowMs += 60_000;
      else seen.push(failure?.status ?? 200);
    }
    return seen;
  };
  const free = await outcomes(undefined);
  assert.ok(free.includes(200) && free.includes(500));
  assert.deepEqual(await outcomes(1), free);
});

test('malformed calls take nothing from the limits', async () => {
  const { simulator } = await startWithClock({ rpm: 1 });
  await using _ = simulator;
  assert.equal((await fetch(`${simulator.url}/chat/completions`, { method: 'POST', body: '{' })).status, 400);
  const request = { ...personRequest('someone', { type: 'object' }), max_completion_tokens: 100 };
  assert.equal((await failureOf(clientOf(simulator).chat.completions.create(request))).status, 400);
  await askPerson(simulator, 'someone');
});

test('charge "used": an answer gives back what it did not use, in the window of its admission', async () => {
  const { simulator, clock } = await startWithClock({ tpm: 10_000, charge: 'used' });
  await using _ = simulator;
  const ask = async (max_completion_tokens: number) => {
    const request = { ...personRequest('someone'), max_completion_tokens };
    return (await clientOf(simulator).chat.completions.create(request)).usage?.total_tokens ?? 0;
  };
  const first = await ask(9000);
  assert.deepEqual(pick(simulator), { admittedRequests: 1, admittedTokens: first, windowsOver: 0 });
  clock.nowMs += 30_000;
  const second = await ask(9000);
  assert.equal(pick(simulator).admittedTokens, first + second);
  const { peak, tokens } = simulator.stats();
  const prompt = tokens.prompt / 2;
  assert.deepEqual(peak.admitted, { requests: 2, tokens: first + prompt + 9000 });
  assert.equal(peak.tokens, 2 * (prompt + 9000), 'what was asked for stays as it was asked for');

  // Both still count, and the first only as long as its own admission is in the window.
  assert.match(
    (await failureOf(ask(10_000 - prompt - first))).message,
    new RegExp(`Used ${first + second},`),
  );
  clock.nowMs += 30_000;
  await ask(10_000 - prompt - second);
  assert.equal(pick(simulator).windowsOver, 1);
});

test('charge "used": what was not answered keeps what it reserved', async () => {
  const { simulator } = await startWithClock({ tpm: 10_000, charge: 'used', faults: { server_error: 1 } });
  await using _ = simulator;
  const request = { ...personRequest('someone'), max_completion_tokens: 6000 };
  await failureOf(clientOf(simulator).chat.completions.create(request));
  assert.ok(pick(simulator).admittedTokens > 6000);
  assert.equal((await failureOf(clientOf(simulator).chat.completions.create(request))).status, 429);
  assert.equal(pick(simulator).windowsOver, 1);
});

test('charge "reserved": what was admitted stays charged, and refused calls are told from admitted ones', async () => {
  const { simulator } = await startWithClock({ rpm: 2 });
  await using _ = simulator;
  const request = { ...personRequest('someone'), max_completion_tokens: 6000 };
  for (let call = 0; call < 5; call++)
    await clientOf(simulator)
      .chat.completions.create(request)
      .catch(() => {});
  const { tokens, peak, tooManyRequests } = simulator.stats();
  const charged = 2 * (tokens.prompt / 2 + 6000);
  assert.deepEqual(pick(simulator), { admittedRequests: 2, admittedTokens: charged, windowsOver: 3 });
  assert.deepEqual(peak.admitted, { requests: 2, tokens: charged });
  assert.deepEqual([peak.requests, tooManyRequests], [5, 3]);
});

function pick(simulator: Simulator) {
  const { admittedRequests, admittedTokens, windowsOver } = simulator.stats();
  return { admittedRequests, admittedTokens, windowsOver };
}
