import type { DataSource, EntityMetadata, EntityTarget, ObjectLiteral } from 'typeorm';
import { AmbiguousHookError, DuplicateHookError, HookNotFoundError } from '../errors/hook-errors';
import { defineHook, eventNames, type Hook, resolveHook } from './hook';
import { declaredHooks, hookTargets } from './model-hook';
import { checkStorable } from './names';
import type { DefinedHookOptions } from './options';
import { checkName, isOwnName, OWN_HOOKS } from './own-hooks';

/** The hooks of one DataSource, by name and by entity. An attachment keeps one catalogue and loads it again; see `load`. */
export class HookCatalog {
  readonly #byName = new Map<string, Hook>();
  readonly #definitions = new Map<string, DefinedHookOptions>();

  constructor(private readonly dataSource: DataSource) {}

  /**
   * Resolves every declared and defined hook against the entities of the DataSource. Call it again when the DataSource was initialised
   * again: its metadata are new objects then. Throws what `resolveHook` and `defineHook` throw, and `HOOK_DUPLICATE`.
   */
  load(): this {
    this.#byName.clear();
    for (const [name, options] of OWN_HOOKS) this.#add(defineHook(name, options));
    for (const target of hookTargets()) this.#addEntity(target);
    for (const [name, options] of this.#definitions) this.#add(defineHook(name, options));
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

  /** The one hook of an entity. Throws `HOOK_NOT_FOUND` and `HOOK_AMBIGUOUS`. */
  of(target: EntityTarget<ObjectLiteral>): Hook {
    const name = nameOf(target);
    if (!this.dataSource.hasMetadata(target)) throw new HookNotFoundError(name, this.names());
    const hooks = this.hooksOf(this.dataSource.getMetadata(target));
    const [only, ...others] = hooks;
    if (!only) throw new HookNotFoundError(name, this.names());
    if (others.length > 0)
      throw new AmbiguousHookError(
        name,
        hooks.map((hook) => hook.name),
      );
    return only;
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

  allNames(): readonly string[] {
    return [...this.#byName.keys()];
  }

  /** The hooks that can make an event of that name. */
  making(event: string): readonly Hook[] {
    return this.list().filter((hook) => eventNames(hook).includes(event));
  }

  define(name: string, options: DefinedHookOptions): Hook {
    checkStorable(name);
    checkName(name);
    const hook = this.#add(defineHook(name, options));
    this.#definitions.set(name, options);
    return hook;
  }

  #addEntity(target: object): void {
    // A hook may be declared for an EntitySchema as well as for a class.
    const entity = target as EntityTarget<ObjectLiteral>;
    if (!this.dataSource.hasMetadata(entity)) return;
    const metadata = this.dataSource.getMetadata(entity);
    for (const declared of declaredHooks(entity)) {
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

function nameOf(target: EntityTarget<ObjectLiteral>): string {
  if (typeof target === 'string') return target;
  if (typeof target === 'function') return target.name;
  if (typeof target !== 'object' || target === null) return String(target);
  return 'options' in target ? String(target.options.name) : String(target);
}
