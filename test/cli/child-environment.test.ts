import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { type CommandContext, configOf } from '../../src/cli/context.ts';
import { createLocalParts } from '../../src/cli/local-parts.ts';
import { worker } from '../../src/cli/worker.ts';
import { privateRedisEnv } from '../../src/cli/worker-child.ts';
import { loadConfig } from '../../src/shared/config.ts';
import { testRedisUrl } from '../support/redis.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const kept = ['REDIS_URL', 'REDIS_URL_FILE', 'OPENAI_API_KEY', 'OPENAI_API_KEY_FILE'];

test('worker processes get the files of secrets, never what the files hold', async (t) => {
  const { context, childEnvironment, env } = await contextOf(t);
  const expected = { REDIS_URL_FILE: env.REDIS_URL_FILE, OPENAI_API_KEY_FILE: env.OPENAI_API_KEY_FILE };
  const stop = new AbortController();
  const parent = { send: () => stop.abort(), onGone: () => {} };
  assert.equal(
    await worker({ processes: 2, metricsPort: 0 }, { ...context, signal: stop.signal, parent }),
    0,
  );
  assert.deepEqual(await childEnvironment(), expected);
});

test('neither do the workers that a command starts for itself', async (t) => {
  const { context, childEnvironment, env } = await contextOf(t);
  const config = configOf(context, { PERSONA_FLEET_WORKERS: 1 });
  const redisUrl = await testRedisUrl();
  await using parts = createLocalParts({ context, config, redisUrl, simulated: false, onCrash: assert.fail });
  await parts.start();
  assert.deepEqual(await childEnvironment(), {
    REDIS_URL_FILE: env.REDIS_URL_FILE,
    OPENAI_API_KEY_FILE: env.OPENAI_API_KEY_FILE,
  });
});

test('of a private Redis they are told where it is', () => {
  const redisUrl = 'redis://127.0.0.1:1';
  assert.deepEqual(privateRedisEnv(loadConfig({}), redisUrl), { REDIS_URL: redisUrl });
});

/** A command whose secrets are files, and that starts a program which notes what it finds in its environment. */
async function contextOf(t: TestContext) {
  const folder = await temporaryFolder(t);
  const write = async (name: string, content: string) => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  const env = {
    PERSONA_FLEET_DATA_DIR: join(folder, 'data'),
    PERSONA_FLEET_LOG_LEVEL: 'silent',
    REDIS_URL_FILE: await write('redis-url', await testRedisUrl()),
    OPENAI_API_KEY_FILE: await write('key', 'sk-from-a-file'),
  };
  const noted = join(folder, 'environment.json');
  const program = await write(
    'program.mjs',
    `import { writeFileSync } from 'node:fs';
     writeFileSync(${JSON.stringify(noted)}, JSON.stringify(process.env));
     process.on('SIGTERM', () => process.exit(0));
     process.on('disconnect', () => process.exit(0));
     process.send({ metricsPort: 1 });`,
  );
  const stream = () => new PassThrough().resume() as unknown as NodeJS.WriteStream;
  const context: CommandContext = {
    ...{ env, program, stdin: process.stdin, stdout: stream(), stderr: stream() },
    ...{ signal: new AbortController().signal, parent: undefined },
  };
  const childEnvironment = async () => {
    const found: Record<string, string> = JSON.parse(await readFile(noted, 'utf8'));
    return Object.fromEntries(Object.entries(found).filter(([name]) => kept.includes(name)));
  };
  return { context, childEnvironment, env };
}
