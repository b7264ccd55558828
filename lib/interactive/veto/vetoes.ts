import type { DataSource, EntityMetadata } from 'typeorm';
import { isThenable } from '../../base/calling';
import type { Contexts } from '../../capture/contexts';
import { handled } from '../../delivery/handler/handled';
import type { Handlers } from '../../delivery/handler/handlers';
import type { InteractiveResponse } from '../../delivery/handler/interactive-response';
import { UnknownOperationError } from '../../errors/hook-errors';
import { HookRejectedError } from '../../errors/interactive-errors';
import type { HookCatalog } from '../../hook/catalog';
import type { Hook } from '../../hook/hook';
import { OPERATIONS, type Operation } from '../../hook/operation';
import { loggable } from '../../logging/loggable';
import type { Logger } from '../../logging/logger';
import { checkArgument, checkedOptions } from '../../options/checked';
import { HandlerRef, handlerName } from '../../options/handler-ref';
import { TEXT } from '../../options/rules';
import { interactiveContext } from '../context';
import { receiveCriteria, stopReceivingCriteria } from './criteria-writes';
import { type PlannedWrite, receiveWrites, stopReceivingWrites } from './persisting';
import { Places, poolOf } from './places';
import { questionOf } from './question';
import {
  VETO_DEFAULTS,
  VETO_SHAPE,
  VETO_TARGET,
  type VetoFunction,
  type VetoOptions,
} from './veto';
import { answerOf, asError } from './veto-answer';

export interface VetoSurroundings {
  readonly dataSource: DataSource;
  readonly catalog: HookCatalog;
  readonly handlers: Pick<Handlers, 'find'>;
  readonly logger: Logger;
  readonly contexts: Pick<Contexts, 'current'>;
}

interface Veto extends Required<VetoOptions> {
  readonly hook: string;
  readonly operation: Operation;
  readonly target: VetoFunction | HandlerRef;
}

/** One write, and a veto that is asked about it. */
interface Question {
  readonly veto: Veto;
  readonly hook: Hook;
  readonly write: PlannedWrite;
}

/** Rows of one call that are asked about at the same time. */
const ROWS_AT_ONCE = 16;
const UNAVAILABLE_HTTP_STATUS = 503;

/** What is asked before the rows of a DataSource are written. */
export class Vetoes {
  /** In the order in which they were added. */
  readonly #vetoes = new Set<Veto>();
  readonly #warned = new Set<string>();
  readonly #places: Places;

  constructor(private readonly surroundings: VetoSurroundings) {
    const { dataSource } = surroundings;
    this.#places = new Places({
      get size() {
        return poolOf(dataSource).size;
      },
      get isWaitedFor() {
        return poolOf(dataSource).isWaitedFor;
      },
    });
  }

  /** Asks `target` from now on. Returns a function that ends this. Throws `HOOK_UNKNOWN_OPERATION` and `OPTION_INVALID`. */
  add(
    { name, metadata }: Hook,
    operation: Operation,
    target: VetoFunction | HandlerRef | string,
    given: VetoOptions = {},
  ): () => void {
    checkArgument('operation', operation, TEXT);
    const known: readonly Operation[] = metadata ? OPERATIONS : [];
    if (!known.includes(operation)) throw new UnknownOperationError(name, operation, known);
    checkArgument('veto', target, VETO_TARGET);
    const options = { ...VETO_DEFAULTS, ...checkedOptions(given, VETO_SHAPE) };
    const veto = { ...options, hook: name, operation, target: refOf(target) };
    this.#vetoes.add(veto);
    this.#follow();
    return () => {
      this.#vetoes.delete(veto);
      this.#follow();
    };
  }

  concerns(metadata: EntityMetadata): boolean {
    return this.#hooksOf(metadata).length > 0;
  }

  async ask(writes: readonly PlannedWrite[], holdsConnection: boolean): Promise<void> {
    const rows = writes.map((write) => this.#questions(write)).filter(({ length }) => length > 0);
    if (rows.length === 0) return;
    const limitMs = Math.max(...rows.flat().map(({ veto }) => veto.timeoutMs));
    const hasPlace = !holdsConnection || (await this.#places.take(limitMs));
    const why = hasPlace ? null : new Error('Vetoes hold half of the pool already.');
    try {
      for (let n = 0; n < rows.length; n += ROWS_AT_ONCE)
        await allEnded(rows.slice(n, n + ROWS_AT_ONCE).map((row) => this.#askInOrder(row, why)));
    } finally {
      if (holdsConnection && hasPlace) this.#places.leave();
    }
  }

  /** Such a write names no rows, so nobody can be asked about them. */
  unasked(metadata: EntityMetadata, operation: Operation): void {
    const { name } = metadata;
    const isAsked = this.#hooksOf(metadata).some((hook) => this.#of(hook, operation).length > 0);
    if (!isAsked || this.#warned.has(`${name} ${operation}`)) return;
    this.#warned.add(`${name} ${operation}`);
    this.surroundings.logger.warn(
      `${name} has a veto on "${operation}", which is asked by save(), remove(), softRemove() and recover() only. ` +
        'A write by criteria or by query builder was not asked about. (Logged once.)',
      { entity: name, operation },
    );
  }

  /** A DataSource without vetoes is left alone. */
  #follow(): void {
    const { dataSource } = this.surroundings;
    if (this.#vetoes.size > 0) {
      receiveWrites(dataSource, this);
      receiveCriteria(dataSource, this);
    } else {
      stopReceivingWrites(dataSource, this);
      stopReceivingCriteria(dataSource, this);
    }
  }

  /** The hooks of an entity that have a veto. */
  #hooksOf(metadata: EntityMetadata): readonly Hook[] {
    const names = new Set([...this.#vetoes].map(({ hook }) => hook));
    return this.surroundings.catalog.hooksOf(metadata).filter(({ name }) => names.has(name));
  }

  #of({ name }: Hook, operation: Operation): readonly Veto[] {
    return [...this.#vetoes].filter((veto) => veto.hook === name && veto.operation === operation);
  }

  #questions(write: PlannedWrite): readonly Question[] {
    return this.#hooksOf(write.subject.metadata).flatMap((hook) =>
      this.#of(hook, write.operation).map((veto) => ({ veto, hook, write })),
    );
  }

  async #askInOrder(questions: readonly Question[], why: Error | null): Promise<void> {
    // A veto may be ended while another one is asked.
    for (const question of questions)
      if (this.#vetoes.has(question.veto)) await this.#ask(question, why);
  }

  async #ask(question: Question, unavailable: Error | null): Promise<void> {
    const { veto } = question;
    const { hook, operation } = veto;
    const answer = unavailable ?? (await this.#answer(question));
    if (answer instanceof Error) this.#unanswered(veto, answer);
    else if (answer.status === 'fail') {
      const { httpStatus, output = null } = answer;
      this.surroundings.logger.info('A veto rejected a write.', {
        hook,
        operation,
        httpStatus,
        output,
      });
      throw new HookRejectedError(hook, operation, answer);
    }
  }

  #unanswered({ hook, operation, onUnavailable }: Veto, cause: Error): void {
    if (onUnavailable === 'reject') {
      const rejection = { httpStatus: UNAVAILABLE_HTTP_STATUS, headers: null, body: null };
      throw new HookRejectedError(hook, operation, rejection, { cause });
    }
    this.surroundings.logger.warn(
      "A veto gave no answer; the write goes on, because `onUnavailable` is 'allow'.",
      { hook, operation, error: loggable(cause) },
    );
  }

  /** The answer, or why there is none. */
  async #answer({ veto, hook, write }: Question): Promise<InteractiveResponse | Error> {
    const { dataSource, contexts } = this.surroundings;
    const { fn, timeoutMs } = this.#functionOf(veto);
    if (!fn) return new Error(`This process does not know the handler "${String(veto.target)}".`);
    try {
      const context = contexts.current?.value;
      const event = { ...questionOf(dataSource, hook, write), ...(context && { context }) };
      const deadline = new AbortController();
      const value = fn(
        event,
        interactiveContext(this.surroundings, { deliveryId: event.id, signal: deadline.signal }),
      );
      // Most vetoes answer at once, and a time limit costs more than their answer.
      if (!isThenable(value)) return answerOf({ kind: 'returned', value });
      const { signal } = new AbortController();
      const ended = await handled(() => value, { timeoutMs, signal });
      const answer = answerOf(ended);
      if (ended.kind === 'timedOut') deadline.abort(answer);
      return answer;
    } catch (error) {
      // The veto threw, or a value cannot be copied.
      return asError(error);
    }
  }

  #functionOf({ target, timeoutMs }: Veto): {
    readonly fn: VetoFunction | undefined;
    readonly timeoutMs: number;
  } {
    if (typeof target === 'function') return { fn: target, timeoutMs };
    const handler = this.surroundings.handlers.find(target.name);
    const own = handler?.options.timeoutMs ?? timeoutMs;
    return {
      fn: handler?.fn as VetoFunction | undefined,
      timeoutMs: Math.min(timeoutMs, own),
    };
  }
}

function refOf(target: VetoFunction | HandlerRef | string): VetoFunction | HandlerRef {
  return typeof target === 'string' ? new HandlerRef(handlerName(target) ?? target) : target;
}

/** Waits for all, and throws what the first one of the list threw: nothing must run on when the caller rolls back. */
async function allEnded(running: readonly Promise<void>[]): Promise<void> {
  const ended = await Promise.allSettled(running);
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
}
