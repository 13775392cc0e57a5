import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { createConsent } from '../../src/cli/consent.ts';
import type { Estimate } from '../../src/producer/estimate/estimate.ts';
import { NANO } from '../../src/shared/models/prices.ts';
import { until } from '../support/until.ts';

function estimateOf(dollars: number | undefined, model = 'gpt-4.1-mini'): Estimate {
  const nano = dollars === undefined ? undefined : dollars * NANO;
  return {
    model,
    people: 10,
    calls: 10,
    planningCalls: 0,
    promptTokens: 100,
    cachedTokens: 0,
    completionTokens: { low: 1, expected: 2, high: 3 },
    nanoDollars: nano === undefined ? undefined : { low: nano / 2, expected: nano, high: nano * 2 },
    time: undefined,
    person: undefined,
    planning: undefined,
  };
}

/** A consent at a terminal where what is typed is written, or without one. */
function asking({ isTTY = true, yes = false, above = 1 } = {}) {
  const typed = new PassThrough();
  const shown = new PassThrough();
  const stopping = new AbortController();
  let text = '';
  shown.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const consent = createConsent({
    config: { PERSONA_FLEET_ASK_ABOVE_USD: above },
    context: {
      stdin: Object.assign(typed, { isTTY }) as unknown as NodeJS.ReadStream,
      stderr: Object.assign(shown, { isTTY }) as unknown as NodeJS.WriteStream,
      signal: stopping.signal,
    },
    yes,
  });
  return { consent, typed, stopping, shown: () => text };
}

test('cheap, unpriced and simulated runs are not asked about', async () => {
  const { consent, shown } = asking();
  await consent(estimateOf(1), {});
  await consent(estimateOf(undefined), {});
  await consent(estimateOf(50, 'simulated-1'), {});
  assert.equal(shown(), '');
});

test('what the budget lets come true is what counts', async () => {
  const { consent } = asking({ isTTY: false });
  await consent(estimateOf(50), { nanoDollars: 0.9 * NANO });
  await assert.rejects(consent(estimateOf(50), { nanoDollars: 2 * NANO }), { message: /about \$2\.00/ });
});

test('yes goes on, once for all of a command', async () => {
  for (const answer of ['y\n', 'Yes\n', ' YES \n']) {
    const { consent, typed, shown } = asking();
    typed.write(answer);
    await consent(estimateOf(12.4), {});
    assert.equal(shown(), 'It will cost about $12.40. Go on? [y/N] ');
    await consent(estimateOf(99), {});
    assert.equal(shown(), 'It will cost about $12.40. Go on? [y/N] ', 'not asked again');
  }
});

test('anything else, an end of the input included, starts nothing: 130', async () => {
  for (const answer of ['\n', 'n\n', 'yesterday\n', 'ja\n']) {
    const { consent, typed } = asking();
    typed.write(answer);
    await assert.rejects(consent(estimateOf(12), {}), { exitCode: 130, message: 'nothing was started' });
  }
  const { consent, typed } = asking();
  typed.end();
  await assert.rejects(consent(estimateOf(12), {}), { exitCode: 130 });
});

test('Ctrl-C at the question ends it on a line of its own: 130', async () => {
  const { consent, stopping, shown } = asking();
  const asked = consent(estimateOf(12), {});
  const ended = assert.rejects(asked, { exitCode: 130, message: 'nothing was started' });
  await until('the question', async () => shown().includes('[y/N]'));
  stopping.abort();
  await ended;
  assert.ok(shown().endsWith('[y/N] \n'));
});

test('where nobody can be asked it is an error that says what to do: 2', async () => {
  const { consent, shown } = asking({ isTTY: false });
  await assert.rejects(consent(estimateOf(12.4), {}), {
    exitCode: 2,
    message: /about \$12\.40, which is more than \$1\.00 .*add --yes, or a budget\.usd/,
  });
  assert.equal(shown(), '');
});

test('--yes asks nothing anywhere', async () => {
  const { consent } = asking({ isTTY: false, yes: true });
  await consent(estimateOf(1_000), {});
});
