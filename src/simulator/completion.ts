import { LRUCache } from 'lru-cache';
import type { TokenCounter } from '../shared/tokens/token-counter.ts';
import { drawScale } from './answer-size.ts';
import { type Characteristics, readCharacteristics } from './characteristics.ts';
import type { AnswerFormat, ChatRequest } from './chat-request.ts';
import { readDraft } from './draft.ts';
import type { FaultKind } from './faults.ts';
import { applyCharacteristics } from './given-values.ts';
import { createNamePolicy } from './name-policy.ts';
import { imaginePersona } from './persona.ts';
import { PERSONA_SCHEMA } from './persona-schema.ts';
import { TEXTS } from './persona-texts.ts';
import { answerPlanning } from './planning-answers.ts';
import { compileSchema, type Scene, type SchemaAnswer } from './schema-answer.ts';
import { createPromptSchemas } from './schema-in-prompt.ts';
import { fingerprint, type Random, seededRandom } from './seeded-random.ts';
import type { Settings } from './settings.ts';
import { spoil, surroundWithProse } from './spoiled-text.ts';

type FinishReason = 'stop' | 'length' | 'content_filter';

export interface Completion {
  readonly content: string | null;
  readonly refusal: string | null;
  readonly finishReason: FinishReason;
  /** Exactly the tokens of the content or the refusal, and those of the reasoning. */
  readonly tokens: number;
  readonly reasoningTokens: number;
}

export interface CompletionWriter {
  /** Throws OpenAI's kind of 400 for a format that can not be answered. */
  check(format: AnswerFormat): void;
  /** Writes the answer to a request. The same request, fault and seed give the same answer. */
  write(chat: ChatRequest, promptFingerprint: number, fault: FaultKind | undefined): Completion;
}

const REFUSAL = "I'm sorry, but I can't help with that request.";
const NO_CHARACTERISTICS: Characteristics = new Map();

/** Compiled schemas are kept by their text, a hundred of them. */
export function createCompletionWriter(settings: Settings, counter: TokenCounter): CompletionWriter {
  const names = createNamePolicy(settings.current.names, settings.current.seed);
  const seed = fingerprint(settings.current.seed);
  const compiled = new LRUCache<string, SchemaAnswer>({ max: 100 });
  const answerPersona = compileSchema(PERSONA_SCHEMA, 'persona', true);
  const promptSchemas = createPromptSchemas();

  const schemaAnswer = (format: AnswerFormat): SchemaAnswer => {
    if (format.kind !== 'json_schema') return answerPersona;
    const key = `${format.strict} ${format.schemaText}`;
    const known = compiled.get(key);
    if (known !== undefined) return known;
    const answer = compileSchema(format.schema, format.name, format.strict);
    compiled.set(key, answer);
    return answer;
  };

  const writeJson = (
    format: AnswerFormat,
    userText: string,
    { random, scale, fault }: { random: Random; scale: number; fault: FaultKind | undefined },
  ): string => {
    const given = readCharacteristics(userText);
    const isWritten = readDraft(userText);
    const shallow = fault === 'shallow_lists';
    const plan = answerPlanning(format, { random, scale, shallow, userText });
    if (plan !== undefined) return JSON.stringify(plan);
    const wrong = fault === 'wrong_name' || fault === 'wrong_age' ? fault : undefined;
    const keep = wrong === undefined ? undefined : wrong === 'wrong_name' ? 'name' : 'age';
    const scene: Scene = {
      random,
      scale,
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
    return JSON.stringify(schemaAnswer(format)(scene));
  };

  /** As the model would say it, whatever room it has. */
  const say = (
    chat: ChatRequest,
    promptFingerprint: number,
    fault: FaultKind | undefined,
    random: Random,
  ) => {
    const { completionScale, completionSpread, ignores } = settings.current;
    const format = chat.format.kind === 'json_schema' ? chat.format : promptSchemas.find(chat.messages);
    const userText = lastUserText(chat);
    if (format === undefined && chat.format.kind === 'text')
      return imaginePlainText(imaginePersona({ random, names, given: readCharacteristics(userText) }));
    const wanted = format ?? chat.format;
    const writeAt = (scale: number, stream = seededRandom(seed, promptFingerprint)) =>
      writeJson(wanted, userText, { random: stream, scale, fault });
    const scale =
      completionSpread === 1
        ? completionScale
        : drawScale(
            { scale: completionScale, spread: completionSpread },
            seededRandom(seed, promptFingerprint, 0),
            (each) => counter.count(writeAt(each)),
          );
    const json = spoil(writeAt(scale, random), fault, random);
    const isAsked = chat.format.kind !== 'text' && !ignores.includes('response_format');
    return isAsked ? json : surroundWithProse(json);
  };

  return {
    check: schemaAnswer,
    write(chat, promptFingerprint, fault) {
      const { reasoningTokens } = settings.current;
      const room = (chat.maxCompletionTokens ?? Number.POSITIVE_INFINITY) - reasoningTokens;
      const spoken = (text: string, tokens: number, finishReason: FinishReason = 'stop'): Completion => ({
        content: text,
        refusal: null,
        finishReason,
        tokens: tokens + reasoningTokens,
        reasoningTokens,
      });
      // Whoever thinks for too long says nothing.
      if (room < 0) return { ...spoken('', room, 'length'), reasoningTokens: room + reasoningTokens };
      if (fault === 'refusal')
        return { ...spoken('', counter.count(REFUSAL)), content: null, refusal: REFUSAL };
      if (fault === 'empty_choices' || fault === 'empty_content') return spoken('', 0);

      const random = seededRandom(seed, promptFingerprint);
      const text = say(chat, promptFingerprint, fault, random);
      const tokens = counter.count(text);
      const isStopped = fault === 'length' || fault === 'content_filter';
      const stop = isStopped ? Math.floor(tokens * (0.2 + 0.6 * random.next())) : tokens;
      const limit = Math.min(room, stop);
      if (tokens <= limit) return spoken(text, tokens);
      const cut = counter.cut(text, limit);
      return spoken(cut.text, cut.tokens, fault === 'content_filter' ? fault : 'length');
    },
  };
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
