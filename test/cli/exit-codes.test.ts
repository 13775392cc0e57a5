import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { testFleet } from '../support/fleet.ts';

/** One line (or one header and its list), no stack, and where it says what to do. */
function assertOneMessage(stderr: string, pattern: RegExp): void {
  assert.match(stderr, pattern);
  assert.doesNotMatch(stderr, /^\s+at .*:\d+:\d+/m, 'no stack trace');
  assert.equal(stderr.match(/^persona-fleet: /gm)?.length, 1, `one message:\n${stderr}`);
}

test('a spec with faults: 2, and all of them at once', async (t) => {
  const fleet = await testFleet(t);
  const spec = join(fleet.folder, 'bad.yaml');
  await writeFile(spec, 'populationSize: -3\ncontxt: People.\nnames: { policy: random }\n');
  const { code, stderr } = await fleet.run('generate', spec);
  assert.equal(code, 2);
  assertOneMessage(stderr, /bad\.yaml has 4 faults:/);
  for (const place of ['populationSize', 'contxt: unknown key', 'names.policy', 'context']) {
    assert.ok(stderr.includes(place), `${place} in\n${stderr}`);
  }
});

test('a spec that is not there, or is no YAML: 2', async (t) => {
  const fleet = await testFleet(t);
  const missing = await fleet.run('generate', 'nowhere.yaml');
  assert.equal(missing.code, 2);
  assertOneMessage(missing.stderr, /nowhere\.yaml: there is no such file/);
  await writeFile(join(fleet.folder, 'broken.yaml'), 'context: [unclosed');
  const broken = await fleet.run('enqueue', 'broken.yaml');
  assert.equal(broken.code, 2);
  assertOneMessage(broken.stderr, /broken\.yaml is not valid YAML/);
});

test('an environment with faults: 2, and all of them at once', async (t) => {
  const fleet = await testFleet(t);
  const { code, stderr } = await fleet.runWith(
    { PERSONA_FLEET_CONCURRENCY: 'many', PERSONA_FLEET_CONCURENCY: '3' },
    'status',
  );
  assert.equal(code, 2);
  assertOneMessage(stderr, /the environment has 2 fault/);
});

test('unknown commands, options and values: 2', async (t) => {
  const fleet = await testFleet(t);
  for (const args of [
    ['generat'],
    ['status', '--wat'],
    ['generate', 'x.yaml', '--count', 'ten'],
    ['generate'],
  ]) {
    const { code, stderr } = await fleet.run(...args);
    assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, /^error: /m);
  }
});

test('a budget in dollars for a model without a known price: 2, with the remedy', async (t) => {
  const fleet = await testFleet(t);
  const spec = await fleet.spec('unpriced', { model: 'house-model', budget: { usd: 5 } });
  for (const command of ['generate', 'enqueue']) {
    const { code, stderr } = await fleet.run(command, spec);
    assert.equal(code, 2);
    assertOneMessage(stderr, /budget\.usd: the price of house-model is not known.*PERSONA_FLEET_MODELS/);
  }
});

test('a dear run that nobody can be asked about: 2, before anything is written or called', async (t) => {
  const fleet = await testFleet(t, {}, { PERSONA_FLEET_ASK_ABOVE_USD: '0.01' });
  const spec = await fleet.spec('dear');
  const { code, stderr } = await fleet.run('generate', spec);
  assert.equal(code, 2);
  assertOneMessage(stderr, /it would cost about \$0\.\d+, which is more than \$0\.01 .*add --yes/);
  assert.equal(await fleet.status(), undefined);
  assert.equal(fleet.simulator.stats().calls, 0);
  const consented = await fleet.run('generate', spec, '--yes', '--count', '20');
  assert.equal(consented.code, 0, consented.stderr);
  assert.match(consented.stderr, /^estimate: 20 calls, /m);
  const again = await fleet.run('generate', spec, '--count', '20');
  assert.equal(again.code, 0, 'everybody is there: nothing is asked');
  assert.doesNotMatch(again.stderr, /estimate/);
});

test('a planning call is asked about before it is made', async (t) => {
  const fleet = await testFleet(t, {}, { PERSONA_FLEET_ASK_ABOVE_USD: '0.01' });
  const spec = await fleet.spec('free', { samplingSpaceDescription: 'Ages from 20 to 60.' });
  const { code, stderr } = await fleet.run('generate', spec);
  assert.equal(code, 2);
  assertOneMessage(stderr, /add --yes/);
  assert.equal(fleet.simulator.stats().calls, 0);
});

test('an unreachable Redis: 5, before anything else is done', async (t) => {
  const fleet = await testFleet(t);
  const spec = await fleet.spec('unreachable');
  for (const args of [['generate', spec, '--out', 'people.jsonl'], ['status'], ['worker']]) {
    const { code, stderr } = await fleet.runWith({ REDIS_URL: 'redis://:secret@127.0.0.1:1' }, ...args);
    assert.equal(code, 5, `${args[0]}: ${stderr}`);
    assertOneMessage(stderr, /127\.0\.0\.1:1/);
    assert.doesNotMatch(stderr, /secret/);
  }
  assert.equal(fleet.simulator.stats().calls, 0);
});

test('a metrics or simulator port in use: 2', async (t) => {
  const fleet = await testFleet(t);
  const taken = createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await new Promise((resolve) => taken.once('listening', resolve));
  const port = String((taken.address() as AddressInfo).port);
  for (const args of [
    ['worker', '--metrics-port', port],
    ['simulate-llm', '--port', port],
  ]) {
    const { code, stderr } = await fleet.run(...args);
    assert.equal(code, 2, stderr);
    assertOneMessage(stderr, new RegExp(`port ${port}\\b`));
  }
});

test('a worker without a model: 2, and it says which variables', async (t) => {
  const fleet = await testFleet(t);
  const { code, stderr } = await fleet.runWith({ OPENAI_API_KEY: '', OPENAI_BASE_URL: '' }, 'worker');
  assert.equal(code, 2);
  assertOneMessage(stderr, /OPENAI_API_KEY.*OPENAI_BASE_URL/);
});

test('an output that cannot be written to is refused before any call is paid for', async (t) => {
  const fleet = await testFleet(t);
  const spec = await fleet.spec('output', { populationSize: 3 });
  await mkdir(join(fleet.folder, 'a-folder'));
  await writeFile(join(fleet.folder, 'a-file'), 'mine');
  for (const out of ['a-folder', 'a-file/people.jsonl', '/proc/people.jsonl']) {
    const { code, stderr } = await fleet.run('generate', spec, '--workers', '1', '--out', out);
    assert.equal(code, 2, `${out}: ${stderr}`);
    assertOneMessage(stderr, /cannot write /);
  }
  assert.equal(fleet.simulator.stats().calls, 0);
});

test('a folder that holds other files is refused before any call is paid for', async (t) => {
  const fleet = await testFleet(t);
  const spec = await fleet.spec('folder', { populationSize: 3 });
  await mkdir(join(fleet.folder, 'mine'));
  await writeFile(join(fleet.folder, 'mine', 'notes.txt'), 'mine');
  await writeFile(join(fleet.folder, 'a-file'), 'mine');
  const places: [out: string, why: RegExp][] = [
    ['mine', /mine holds notes\.txt, which is no earlier export/],
    ['a-file', /cannot write a-file: .*\. Nothing has run yet: choose another path/],
    ['-', /a folder of files, not a stream/],
  ];
  for (const [out, why] of places) {
    const args = ['--workers', '1', '--format', 'tinytroupe', '--out', out];
    const { code, stderr } = await fleet.run('generate', spec, ...args);
    assert.equal(code, 2, `${out}: ${stderr}`);
    assertOneMessage(stderr, why);
    assert.doesNotMatch(stderr, /in Redis/);
  }
  assert.equal(fleet.simulator.stats().calls, 0);
});

test('numbers out of range and no numbers get the same answer', async (t) => {
  const fleet = await testFleet(t);
  for (const value of ['0', 'ten']) {
    const { code, stderr } = await fleet.run('generate', 'x.yaml', '--count', value);
    assert.equal(code, 2);
    assert.match(stderr, /expected a whole number, 1 or more\./);
  }
});

test('a worker that cannot start ends generate with its own message and exit code', async (t) => {
  const fleet = await testFleet(t);
  const spec = await fleet.spec('unstartable', { populationSize: 3 });
  const { code, stderr } = await fleet.runWith(
    { OPENAI_API_KEY: '', OPENAI_BASE_URL: 'no-url' },
    'generate',
    spec,
    '--workers',
    '1',
  );
  assert.equal(code, 2, stderr);
  assert.doesNotMatch(stderr, /unexpected/);
});

test('other failed slots of a larger population are no failure of a smaller run', async (t) => {
  const fleet = await testFleet(t, { faults: { refusal: 0.2 } });
  const args = ['--workers', '1', '--json', '--out', 'people.jsonl'];
  const spec = await fleet.spec('larger', { populationSize: 40 });
  const whole = await fleet.run('generate', spec, ...args);
  assert.equal(whole.code, 3, whole.stderr);
  const { people, failed } = JSON.parse(whole.stdout);
  assert.equal(people + failed, 40);
  const committed = new Set((await fleet.lines('people.jsonl')).map(({ slot }) => slot));
  const firstMissing =
    Array.from({ length: 40 }, (_, slot) => slot).find((slot) => !committed.has(slot)) ?? 40;
  assert.ok(firstMissing > 0, 'the first slot is there: choose another share of faults');
  for (const count of [firstMissing, firstMissing + 1]) {
    const missing = Array.from({ length: count }, (_, slot) => slot).filter((slot) => !committed.has(slot));
    const part = await fleet.run('generate', spec, ...args, '--count', String(count));
    assert.equal(part.code, missing.length === 0 ? 0 : 3, part.stderr);
    assert.equal(JSON.parse(part.stdout).failed, missing.length);
  }
});

test('a read-only folder: 2 (for anybody but root, who may write anywhere)', async (t) => {
  const fleet = await testFleet(t);
  const spec = await fleet.spec('readonly', { populationSize: 3 });
  const folder = join(fleet.folder, 'readonly');
  await mkdir(folder);
  await chmod(folder, 0o500);
  const { code, stderr } = await fleet.run(
    'generate',
    spec,
    '--workers',
    '1',
    '--out',
    'readonly/people.jsonl',
  );
  await chmod(folder, 0o700);
  if (process.getuid?.() === 0) assert.equal(code, 0, stderr);
  else {
    assert.equal(code, 2);
    assertOneMessage(stderr, /permission denied/);
    assert.deepEqual(await readdir(folder), []);
  }
});

test('a full disk: 2, the results stay in Redis, and another --out gets them without a call', async (t) => {
  const fleet = await testFleet(t);
  const spec = await fleet.spec('full', { populationSize: 5 });
  const full = await fleet.run('generate', spec, '--workers', '1', '--out', '/dev/full');
  assert.equal(full.code, 2, full.stderr);
  assertOneMessage(full.stderr, /cannot write \/dev\/full: no space is left/);
  const { calls } = fleet.simulator.stats();
  const again = await fleet.run('generate', spec, '--workers', '1', '--out', 'people.jsonl');
  assert.equal(again.code, 0, again.stderr);
  assert.equal(fleet.simulator.stats().calls, calls);
  await fleet.assertWhole(5, await fleet.lines('people.jsonl'));
  assert.deepEqual(
    (await readdir(fleet.folder)).filter((name) => name.endsWith('.tmp')),
    [],
  );
});

test('populations are found by the beginning of their id, and a wrong one lists what there is', async (t) => {
  const fleet = await testFleet(t);
  const none = await fleet.run('export');
  assert.equal(none.code, 2);
  assertOneMessage(none.stderr, /there is no population yet/);
  await fleet.run('enqueue', await fleet.spec('first'));
  await fleet.run('enqueue', await fleet.spec('second'));
  const wrong = await fleet.run('watch', 'zzz');
  assert.equal(wrong.code, 2);
  assertOneMessage(wrong.stderr, /"zzz" names 0; there are:\n {2}[0-9a-f]{24} \(test, planned\)/);
  const { stdout } = await fleet.run('status', '--json');
  const [{ population }] = JSON.parse(stdout);
  const found = await fleet.run('status', population.slice(0, 6), '--json');
  assert.equal(JSON.parse(found.stdout)[0].population, population);
});

test('every command has --help with an example', async (t) => {
  const fleet = await testFleet(t);
  const { stdout } = await fleet.run('--help');
  const commands = [...stdout.matchAll(/^ {2}([a-z][a-z-]+) /gm)].map(([, name]) => name ?? '');
  assert.ok(commands.length >= 9, stdout);
  for (const command of commands.filter((name) => name !== 'help')) {
    const help = await fleet.run(command, '--help');
    assert.equal(help.code, 0);
    assert.match(help.stdout, /Example:\n {2}\$ persona-fleet /, command);
    assert.match(help.stdout, /--json/, command);
  }
});
