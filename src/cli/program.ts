import { Command, InvalidArgumentError, Option } from 'commander';
import type { ExportFormat } from '../producer/export/export-population.ts';
import { numberHint } from '../shared/documents/field-messages.ts';
import type { ExitCode } from '../shared/errors.ts';
import { readVersion } from '../shared/version.ts';
import type { CommandContext } from './context.ts';

type Action = (...args: never[]) => Promise<ExitCode>;

/**
 * The commands, their options and examples. A command's own code is loaded when it runs, so that `--help` and `status`
 * do not wait for a tokenizer.
 */
export function buildProgram(context: CommandContext, exitWith: (exitCode: ExitCode) => void): Command {
  const program = new Command('persona-fleet')
    .description('Generates large populations of simulated people, each with a name of its own.')
    .version(readVersion())
    .exitOverride()
    .showHelpAfterError('(add --help for the options)')
    .addHelpText(
      'after',
      `
Exit codes:
  0 all people committed, nothing to mend (doctor)   1 a fault of this program   2 bad input, something to mend (doctor)
  3 finished with failed slots, names that collide (import), a value over its limit (report), what disagrees (check)
  4 paused (quota, credentials, budget)   5 Redis missing or unreachable   130 interrupted

Every command reads its configuration from the environment; the README lists the variables.`,
    );

  const run = (load: () => Promise<Action>) =>
    async function action(...args: unknown[]): Promise<void> {
      const command = await load();
      // commander passes (arguments…, options, command); ours take (arguments…, options, context).
      exitWith(await command(...([...args.slice(0, -1), context] as never[])));
    };

  const json = () => new Option('--json', 'machine-readable output on stdout');
  const size = () =>
    new Option(
      '--count <n>',
      "people, instead of the spec's populationSize (of each, with factories)",
    ).argParser(positiveInteger);
  const seed = () => new Option('--seed <seed>', "instead of the spec's seed");
  const simulation = () => new Option('--simulation <id>', 'look in this simulation only');
  const format = (fallback: ExportFormat) =>
    new Option('--format <format>', 'how to write people')
      .choices(['jsonl', 'csv', 'tinytroupe'])
      .default(fallback);
  const command = (usage: string, description: string, example: string) =>
    program
      .command(usage)
      .description(description)
      .addHelpText('after', `\nExample:\n  $ persona-fleet ${example}`);

  command(
    'generate',
    'generate a population here: Redis, model, workers, progress, export',
    'generate examples/riverside.yaml --count 500 --workers 4',
  )
    .argument('<spec>', 'population spec, YAML or JSON')
    .addOption(size())
    .addOption(seed())
    .option('--workers <n>', 'local worker processes (0: workers run elsewhere)', wholeNumber)
    .option('--concurrency <n>', 'model calls a worker has in flight at the most', positiveInteger)
    .option('--out <path>', 'file, or folder for tinytroupe ("-": stdout)')
    .addOption(format('jsonl'))
    .option('--fresh', 'forget its people first, and generate them anew (what a model planned stays)')
    .option('--yes', 'do not ask, whatever it is estimated to cost')
    .option('--serve', 'show metrics and queues meanwhile, and go on with that until Ctrl-C')
    .addOption(json())
    .action(run(async () => (await import('./generate.ts')).generate));

  command(
    'estimate',
    'calls, tokens, dollars and time of a spec, before anything is spent',
    'estimate examples/riverside.yaml --count 10000',
  )
    .argument('<spec>', 'population spec (YAML or JSON), or a demography file')
    .addOption(size())
    .addOption(seed())
    .option('--workers <n>', 'worker processes (0: as many as you like, they run elsewhere)', wholeNumber)
    .addOption(json())
    .action(run(async () => (await import('./estimate.ts')).estimate));

  command(
    'plan',
    'show what a spec is taken for: dimensions, counts, and ten of the slots',
    'plan examples/country.yaml --count 1000',
  )
    .argument('<spec>', 'population spec (YAML or JSON), or a demography file')
    .addOption(size())
    .addOption(seed())
    .option('--workers <n>', 'local worker processes for free text (0: workers run elsewhere)', wholeNumber)
    .addOption(json())
    .action(run(async () => (await import('./plan.ts')).plan));

  command(
    'factories',
    'divide a broad context into many narrower ones, by one planning call',
    'factories 12 --context "Customers of a regional bank" --out specs',
  )
    .argument('<count>', 'factories, 1 to 1000', positiveInteger)
    .option('--context <text>', 'what to divide')
    .option('--context-file <file>', 'a file that says it')
    .option('--population-size <n>', 'people of each spec that is written', positiveInteger)
    .option('--simulation <id>', 'where the answer is cached, and the simulation of the specs', 'default')
    .option('--seed <seed>', 'seed of the specs')
    .option('--out <folder>', 'write a spec for each, instead of printing the contexts')
    .option('--workers <n>', 'local worker processes (0: workers run elsewhere)', wholeNumber)
    .addOption(json())
    .action(run(async () => (await import('./factories.ts')).factories));

  command(
    'enqueue',
    'put a population on the queue, for workers that run elsewhere',
    'enqueue examples/riverside.yaml --count 100000',
  )
    .argument('<spec>', 'population spec, YAML or JSON')
    .addOption(size())
    .addOption(seed())
    .option('--fresh', 'forget its people first, and generate them anew (what a model planned stays)')
    .addOption(json())
    .action(run(async () => (await import('./enqueue.ts')).enqueue));

  command('worker', 'run a worker until it is told to stop', 'worker --concurrency 32 --processes 4')
    .option('--concurrency <n>', 'model calls in flight at the most, of each process', positiveInteger)
    .option(
      '--processes <n>',
      'processes, one for each core; one that dies is started again',
      positiveInteger,
    )
    .option('--metrics-port <port>', 'port of /metrics and /healthz (0: any free one)', wholeNumber)
    .option('--json', 'logs are JSON lines with or without this')
    .action(run(async () => (await import('./worker.ts')).worker));

  command('serve', "the fleet's metrics for Prometheus, and the page of its queues", 'serve --port 9465')
    .option('--host <address>', 'address to listen on; any but the loopback needs PERSONA_FLEET_SERVE_TOKEN')
    .option('--port <port>', 'port to listen on (0: any free one)', wholeNumber)
    .option('--json', 'say where as one JSON line on stdout')
    .action(run(async () => (await import('./serve.ts')).serve));

  command(
    'doctor',
    'look at Redis, the model endpoint, the clock and this machine, and say what to mend',
    'doctor',
  )
    .option('--no-model-call', 'spend nothing: ask the endpoint only for its list of models')
    .addOption(json())
    .action(run(async () => (await import('./doctor.ts')).doctor));

  command('status', 'show where populations stand, and what holds the fleet up', 'status 3f2a')
    .argument('[population]', 'id, or its beginning; default: all')
    .option('--fleet', 'the limits of the fleet, and what all populations together have spent')
    .addOption(simulation())
    .addOption(json())
    .action(run(async () => (await import('./status.ts')).status));

  command('watch', 'follow a population until it ends', 'watch 3f2a')
    .argument('[population]', 'id, or its beginning; default: the only one')
    .addOption(simulation())
    .addOption(json())
    .action(run(async () => (await import('./watch.ts')).watch));

  command('retry', 'try failed slots again, and go on after a pause', 'retry 3f2a')
    .argument('[population]', 'id, or its beginning; default: the only one')
    .addOption(simulation())
    .addOption(json())
    .action(run(async () => (await import('./retry.ts')).retry));

  command(
    'resume',
    'go on after a pause: credentials, quota, a budget that was reached',
    'resume 3f2a --budget-usd 5',
  )
    .argument('[population]', 'id, or its beginning; default: all that are paused')
    .option('--budget-usd <n>', 'US dollars it may cost from now on, all calls so far included', dollars)
    .option('--budget-tokens <n>', 'tokens it may use, in the same way', tokenCount)
    .addOption(simulation())
    .addOption(json())
    .action(run(async () => (await import('./resume.ts')).resume));

  command('cancel', 'stop generating a population; what is committed stays', 'cancel 3f2a')
    .argument('[population]', 'id, or its beginning; default: the only one')
    .addOption(simulation())
    .addOption(json())
    .action(run(async () => (await import('./cancel.ts')).cancel));

  command('export', 'write the committed people, in slot order', 'export 3f2a --format csv --out people.csv')
    .argument('[population]', 'id, or its beginning; default: every population of the simulation')
    .addOption(format('jsonl'))
    .option('--out <path>', 'file, or folder for tinytroupe ("-", the default: stdout)')
    .option('--follow', 'write people as they are committed, until the population is at rest (jsonl)')
    .option('--prune', 'take results out of Redis once they are safely in the file; their names stay taken')
    .addOption(simulation())
    .addOption(json())
    .action(run(async () => (await import('./export.ts')).exportCommand));

  command(
    'import',
    'bring existing agent files into a simulation: their names become taken',
    'import agents/ Lisa.agent.json --simulation town',
  )
    .argument('<paths...>', 'agent files, and folders that are searched for *.agent.json')
    .option('--simulation <id>', 'the simulation whose names they take', 'default')
    .option(
      '--fragment <file>',
      'merge this *.fragment.json into every person (may be repeated)',
      (file: string, files: string[] = []) => [...files, file],
    )
    .addOption(json())
    .action(run(async () => (await import('./import.ts')).importCommand));

  command(
    'check',
    'look whether what Redis holds agrees, and whether an exported file agrees with it',
    'check people.jsonl --simulation town',
  )
    .argument('[file]', 'people as exported, one JSON line each')
    .addOption(simulation())
    .addOption(json())
    .action(run(async () => (await import('./check.ts')).check));

  command(
    'report',
    'compare the people with their plan: shares, names, texts, depth, cost',
    'report 3f2a --html report.html --fail-over tvd=0.01,duplicates=0',
  )
    .argument('[population]', 'id, or its beginning; default: the only one')
    .option('--html <file>', 'write one self-contained page with charts')
    .option('--fail-over <limits>', 'exit with 3 where a value is over: tvd=0.01,srmse=0.1,duplicates=0')
    .addOption(simulation())
    .addOption(json())
    .action(run(async () => (await import('./report.ts')).report));

  command(
    'simulate-llm',
    'serve a simulated OpenAI-compatible model, for trials and tests',
    'simulate-llm --port 8080 --latency 800 --faults all=0.05',
  )
    .option('--host <address>', 'address to listen on')
    .option('--port <port>', 'port to listen on (0: any free one)', wholeNumber)
    .option('--seed <seed>', 'decides every name, sentence, latency and fault')
    .option('--latency <ms>', 'median of the log-normal time to an answer', number)
    .option('--sigma <s>', "standard deviation of the latency's logarithm", number)
    .option(
      '--completion-scale <x>',
      'size of answers: 1 is a person of 4 to 5 KB, 0 the least allowed',
      number,
    )
    .option('--names <policy>', 'diverse, or collapsed:K for a model that knows only K names')
    .option('--completion-spread <n>', 'the largest answer has n times the tokens of the smallest', number)
    .option('--reasoning-tokens <n>', 'tokens that each answer spends before its first word', wholeNumber)
    .option(
      '--faults <rates>',
      'share of calls that fail, by kind: rate_limit=0.05,hang=0.01; all=0.05 sets each kind that a fleet lives through (not quota, unauthorized, ...)',
    )
    .option(
      '--retry-after <value>',
      'what an injected 429 says: none, <seconds>, ms:<n>, date:<seconds>, garbage',
    )
    .option('--api-key <key>', 'refuse calls without this key')
    .option('--rpm <n>', 'requests admitted in any minute', positiveInteger)
    .option('--tpm <n>', 'tokens admitted in any minute', positiveInteger)
    .addOption(
      new Option(
        '--charge <how>',
        'what a call takes from --tpm: all it reserved, or in the end what it used',
      ).choices(['reserved', 'used']),
    )
    .option('--no-rate-limit-headers', 'send no x-ratelimit-* headers')
    .option(
      '--unsupported <features>',
      'refuse with 400: response_format, json_schema, json_object, temperature, max_completion_tokens, max_tokens, prompt_cache_key, reasoning_effort',
    )
    .addOption(json())
    .action(run(async () => (await import('./simulate-llm.ts')).simulateLlm));

  return program;
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError(`expected a number, 0 or more${numberHint(text)}.`);
  }
  return value;
}

function dollars(text: string): number {
  const value = number(text);
  if (value > 1_000_000) throw new InvalidArgumentError('expected at most 1000000.');
  if (value > 0 && value < 0.000_001) throw new InvalidArgumentError('expected 0, or at least 0.000001.');
  return value;
}

function tokenCount(text: string): number {
  if (!/^\d{1,15}$/.test(text))
    throw new InvalidArgumentError(`expected a whole number, 0 or more${numberHint(text)}.`);
  return Number(text);
}

function wholeNumber(text: string): number {
  return wholeNumberFrom(0, text);
}

function positiveInteger(text: string): number {
  return wholeNumberFrom(1, text);
}

function wholeNumberFrom(least: number, text: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) < least) {
    throw new InvalidArgumentError(`expected a whole number, ${least} or more${numberHint(text)}.`);
  }
  return Number(text);
}
