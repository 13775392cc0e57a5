import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ProcessState, uniteHealth } from '../../src/processes/united-health.ts';

const well: Omit<ProcessState, 'index'> = {
  isUp: true,
  downMs: 0,
  failuresInARow: 0,
  health: { healthy: true, detail: 'idle' },
};
const down = { isUp: false, health: undefined };

function united(...processes: Partial<ProcessState>[]) {
  return uniteHealth(processes.map((process, index) => ({ index, ...well, ...process })));
}

test('healthy while every process is', () => {
  assert.deepEqual(united({}, {}, {}), { healthy: true, detail: '3 of 3 processes at work' });
});

test('one that makes no progress or does not answer makes the whole unhealthy, and is named', () => {
  assert.deepEqual(united({}, { health: { healthy: false, detail: '3 at work' } }), {
    healthy: false,
    detail: '1 of 2 processes at work; process 1: 3 at work',
  });
  assert.deepEqual(united({ health: undefined }, {}), {
    healthy: false,
    detail: '1 of 2 processes at work; process 0: does not answer',
  });
});

test('one that is being started again is said, but is a fault only after a minute', () => {
  assert.deepEqual(united({}, { ...down, downMs: 60_000, failuresInARow: 1 }), {
    healthy: true,
    detail: '1 of 2 processes at work; process 1: down for 60 s',
  });
  assert.equal(united({}, { ...down, downMs: 60_001, failuresInARow: 1 }).healthy, false);
});

test('one that dies again and again is a fault, even while it happens to be up', () => {
  assert.equal(united({ failuresInARow: 4 }).healthy, true);
  assert.deepEqual(united({ failuresInARow: 5 }), {
    healthy: false,
    detail: '0 of 1 processes at work; process 0: died, or did not start, 5 times in a row',
  });
});
