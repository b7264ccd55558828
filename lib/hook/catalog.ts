import type { DataSource, EntityMetadata, EntityTarget, ObjectLiteral } from 'typeorm';
import { AmbiguousHookError, DuplicateHookError, HookNotFoundError } from '../errors/hook-errors';
import { Entities, isSchema } from './entities';
import {
  defineHook,
  defineInteractive,
  eventNames,
  type Hook,
  isInteractive,
  openHook,
  resolveHook,
} from './hook';
import { declaredHooks, hookTargets } from './model-hook';
import { checkStorable } from './names';
import type { DefinedHookOptions, InteractiveHookOptions } from './options';
import { checkName, isOwnName, OWN_HOOKS } from './own-hooks';

/** The hooks of one DataSource, by name and by entity. An attachment keeps one catalogue and loads it again; see `load`. */
export class HookCatalog {
  readonly #byName = new Map<string, Hook>();
  /** What makes each defined hook. */
  readonly #definitions = new Map<string, () => Hook>();
  readonly #open = new Set<string>();

  #entities: Entities;

  constructor(private readonly dataSource: DataSource) {
    this.#entities = new Entities(dataSource);
  }

  /**
   * Resolves every declared and defined hook against the entities of the DataSource. Call it again when the DataSource was initialised
   * again: its metadata are new objects then. `globbed` are the schemas of `globbedSchemas`. Throws what `resolveHook` and `defineHook`
   * throw, and `HOOK_DUPLICATE`.
   */
  load(globbed: readonly object[] = []): this {
    this.#byName.clear();
    this.#entities = new Entities(this.dataSource, globbed);
    for (const [name, options] of OWN_HOOKS) this.#add(defineHook(name, options));
    for (const target of hookTargets()) this.#addEntity(target);
    for (const make of this.#definitions.values()) this.#add(make());
    for (const name of this.#open) this.#add(openHook(name));
    return this;
  }

  get(name: string): Hook {
    const hook = this.#byName.get(name);
    if (!hook) throw new HookNotFoundError(name, this.names());
    return hook;
  }

  find(name: string): Hook | undefined {
    return this.#byName.get(name);
  }

  /**
   * The one hook of an entity: of exactly this class or EntitySchema, or of the entity that a text names. Throws `HOOK_NOT_FOUND` and
   * `HOOK_AMBIGUOUS`.
   */
  of(target: EntityTarget<ObjectLiteral>): Hook {
    const [only, ...others] = this.allOf(target);
    if (others.length > 0)
      throw new AmbiguousHookError(
        nameOf(target),
        [only, ...others].map((hook) => hook.name),
      );
    return only;
  }

  /** The hooks of such an entity; at least one. Throws `HOOK_NOT_FOUND`. */
  allOf(target: EntityTarget<ObjectLiteral>): readonly [Hook, ...Hook[]] {
    const [first, ...others] = this.#entitiesOf(target).flatMap((one) => this.hooksOf(one));
    if (!first) throw new HookNotFoundError(nameOf(target), this.names());
    return [first, ...others];
  }

  /** The hooks of an entity: its own, or those of the nearest parent in a single-table inheritance. */
  hooksOf(metadata: EntityMetadata): readonly Hook[] {
    const own = this.list().filter((hook) => hook.metadata === metadata);
    if (own.length > 0 || metadata.tableType !== 'entity-child') return own;
    const parent = metadata.parentEntityMetadata;
    return parent ? this.hooksOf(parent) : [];
  }

  /** The hooks of the application. */
  list(): readonly Hook[] {
    return this.all().filter(({ name }) => !isOwnName(name));
  }

  names(): readonly string[] {
    return this.list().map(({ name }) => name);
  }

  /** All hooks, including those of the package itself. */
  all(): readonly Hook[] {
    return [...this.#byName.values()];
  }

  /** The hooks that can make an event of that name. */
  making(event: string): readonly Hook[] {
    return this.list().filter((hook) => eventNames(hook).includes(event));
  }

  define(name: string, options: DefinedHookOptions): Hook {
    return this.#define(name, () => defineHook(name, options));
  }

  /** Defines an interactive hook. */
  defineInteractive(name: string, options: InteractiveHookOptions): Hook {
    return this.#define(name, () => defineInteractive(name, options));
  }

  /** The interactive hook of this name. Throws `HOOK_NOT_FOUND`. */
  interactive(name: string): Hook {
    const hook = this.#byName.get(name);
    if (hook && isInteractive(hook)) return hook;
    const known = this.list().filter(isInteractive);
    throw new HookNotFoundError(
      name,
      known.map((one) => one.name),
    );
  }

  #define(name: string, make: () => Hook): Hook {
    checkStorable(name);
    checkName(name);
    const hook = this.#add(make());
    this.#definitions.set(name, make);
    return hook;
  }

  /** The open hook of that name, which is added if it is not known yet. Throws `HOOK_DUPLICATE` if another hook has the name. */
  open(name: string): Hook {
    const known = this.#byName.get(name);
    if (known?.isOpen) return known;
    checkStorable(name);
    const hook = this.#add(openHook(name));
    this.#open.add(name);
    return hook;
  }

  #entitiesOf(target: EntityTarget<ObjectLiteral>): readonly EntityMetadata[] {
    if (typeof target === 'function' || isSchema(target))
      return [this.#entities.of(target)].filter((found) => found !== undefined);
    return this.#entities.named(nameOf(target));
  }

  #addEntity(target: object): void {
    const metadata = this.#entities.of(target);
    if (!metadata) return;
    for (const declared of declaredHooks(target)) {
      const hook = resolveHook(this.dataSource, metadata, declared);
      checkName(hook.name);
      this.#add(hook);
    }
  }

  #add(hook: Hook): Hook {
    for (const name of [hook.name, ...eventNames(hook)]) checkStorable(name);
    if (this.#byName.has(hook.name)) throw new DuplicateHookError(hook.name);
    this.#byName.set(hook.name, hook);
    return hook;
  }
}

/** The name of a target, also of a value that is none. */
function nameOf(target: unknown): string {
  if (isSchema(target)) return String(target.options.name);
  if (typeof target === 'function') return target.name;
  if (typeof target !== 'object' || target === null) return String(target);
  return 'name' in target && typeof target.name === 'string' ? target.name : 'an object';
}
