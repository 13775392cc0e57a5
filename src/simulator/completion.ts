import { LRUCache } from 'lru-cache';
import { type Characteristics, readCharacteristics } from './characteristics.ts';
import type { ChatRequest } from './chat-request.ts';
import { readDraft } from './draft.ts';
import type { FaultKind } from './faults.ts';
import { applyCharacteristics } from './given-values.ts';
import { createNamePolicy } from './name-policy.ts';
import { imaginePersona } from './persona.ts';
import { PERSONA_SCHEMA } from './persona-schema.ts';
import { TEXTS } from './persona-texts.ts';
import { answerPlanning } from './planning-answers.ts';
import { compileSchema, type Scene, type SchemaAnswer } from './schema-answer.ts';
import { fingerprint, type Random, seededRandom } from './seeded-random.ts';
import type { TokenCounter } from './tokens.ts';

export interface Completion {
  readonly content: string | null;
  readonly refusal: string | null;
  readonly finishReason: 'stop' | 'length';
  /** Exactly the tokens of the content or the refusal. */
  readonly tokens: number;
}

export interface CompletionWriter {
  /** Throws OpenAI's kind of 400 for a format that can not be answered. */
  check(format: ChatRequest['format']): void;
  /** Writes the answer to a request. The same request, fault and seed give the same answer. */
  write(chat: ChatRequest, promptFingerprint: number, fault: FaultKind | undefined): Completion;
}

const REFUSAL = "I'm sorry, but I can't help with that request.";
const NO_CHARACTERISTICS: Characteristics = new Map();

/** Compiled schemas are kept by their text, a hundred of them. */
export function createCompletionWriter(
  options: { seed: string; names: string; completionScale: number },
  counter: TokenCounter,
): CompletionWriter {
  const names = createNamePolicy(options.names, options.seed);
  const seed = fingerprint(options.seed);
  const compiled = new LRUCache<string, SchemaAnswer>({ max: 100 });
  const answerPersona = compileSchema(PERSONA_SCHEMA, 'persona', true);

  const schemaAnswer = (format: ChatRequest['format']): SchemaAnswer => {
    if (format.kind !== 'json_schema') return answerPersona;
    const key = `${format.strict} ${format.schemaText}`;
    const known = compiled.get(key);
    if (known !== undefined) return known;
    const answer = compileSchema(format.schema, format.name, format.strict);
    compiled.set(key, answer);
    return answer;
  };

  const writeJson = (
    chat: ChatRequest,
    given: Characteristics,
    random: Random,
    fault?: FaultKind,
  ): string => {
    const isWritten = readDraft(lastUserText(chat));
    const shallow = fault === 'shallow_lists';
    const userText = lastUserText(chat);
    const plan = answerPlanning(chat.format, { random, scale: options.completionScale, shallow, userText });
    if (plan !== undefined) return JSON.stringify(plan);
    const wrong = fault === 'wrong_name' || fault === 'wrong_age' ? fault : undefined;
    const keep = wrong === undefined ? undefined : wrong === 'wrong_name' ? 'name' : 'age';
    const scene: Scene = {
      random,
      scale: options.completionScale,
      shallow,
      person: (isElement) =>
        imaginePersona({ random, names, given: isElement ? NO_CHARACTERISTICS : given, fault: wrong }),
      finish: (person, schema, root) => applyCharacteristics(person, schema, root, given, keep, isWritten),
      isWritten,
      anotherName: () => names.draw(random),
      inList: false,
      index: 0,
      depth: 0,
    };
    return JSON.stringify(schemaAnswer(chat.format)(scene));
  };

  const finished = (text: string, tokens: number, finishReason: 'stop' | 'length' = 'stop'): Completion => ({
    content: text,
    refusal: null,
    finishReason,
    tokens,
  });

  const write: CompletionWriter['write'] = (chat, promptFingerprint, fault) => {
    if (fault === 'refusal')
      return { content: null, refusal: REFUSAL, finishReason: 'stop', tokens: counter.count(REFUSAL) };
    const random = seededRandom(seed, promptFingerprint);
    const given = readCharacteristics(lastUserText(chat));
    const isJson = chat.format.kind !== 'text';
    const plain = isJson
      ? writeJson(chat, given, random, fault)
      : imaginePlainText(imaginePersona({ random, names, given }));
    const text = isJson ? spoil(plain, fault, random) : plain;
    const tokens = counter.count(text);
    const limit = Math.min(
      chat.maxCompletionTokens ?? Number.POSITIVE_INFINITY,
      fault === 'length' ? Math.floor(tokens * (0.2 + 0.6 * random.next())) : Number.POSITIVE_INFINITY,
    );
    if (tokens <= limit) return finished(text, tokens);
    const cut = counter.cut(text, limit);
    return finished(cut.text, cut.tokens, 'length');
  };
  return { check: schemaAnswer, write };
}

function lastUserText(chat: ChatRequest): string {
  return chat.messages.findLast((message) => message.role === 'user')?.text ?? '';
}

function imaginePlainText(persona: ReturnType<typeof imaginePersona>): string {
  return [
    ...(TEXTS.get('bio')?.(persona, 0) ?? []),
    ...(TEXTS.get('occupation.description')?.(persona, 0) ?? []),
  ].join(' ');
}

/** Content faults that apply to JSON of any shape. */
function spoil(json: string, fault: FaultKind | undefined, random: Random): string {
  if (fault === 'fenced_json') return `\`\`\`json\n${json}\n\`\`\``;
  if (fault !== 'invalid_json') return json;
  // The two ways models really do it: an unescaped quote inside a text, and stopping early while claiming to be done.
  const middle = json.indexOf(' ', Math.floor(json.length / 2));
  if (middle !== -1 && random.next() < 0.5)
    return `${json.slice(0, middle)} "so to speak"${json.slice(middle)}`;
  return json.slice(0, Math.max(1, Math.floor(json.length * (0.3 + 0.6 * random.next()))));
}
