import { EntityManager } from 'typeorm';
import type { CaptureName, World, Write } from '../../../../support/capture/every-write';

/** How many events of each hook and operation follow from a write: `{ 'note update': 2 }`. */
export type Counts = Readonly<Record<string, number>>;

/** What is tried. */
export interface Run {
  readonly capture: CaptureName;
  readonly typeorm: '0.3.20' | '0.3.31' | '1.1.1';
}

export interface Case extends Write {
  /** A check of the oracle: what it has to find. */
  readonly told: Counts | ((run: Run) => Counts);
  /** Whether subscribers may tell several writes of a row as one: those of one `save()`. */
  readonly mayMerge?: boolean;
  /** Whether it writes an entity without a hook only, so that no statement may differ. */
  readonly isUnhooked?: boolean;
  /**
   * Whether subscribers may put a transaction around it: an upsert that may change keys, a write of a junction table, a statement that
   * has no parameter left.
   */
  readonly mayBegin?: boolean;
  /** Whether it runs several writes at once, so that subscribers are called in any order. */
  readonly isUnordered?: boolean;
  /** The hooks whose changes are written in silence. */
  readonly silent?: readonly string[] | 'all';
  /** Operations of which subscribers see no event below PostgreSQL 18, as docs/hooks.md says. */
  readonly unseenBelow18?: readonly string[];
  readonly logs?: (run: Run) => readonly string[];
}

type More = Partial<Omit<Case, 'title' | 'write' | 'told'>>;

/** One line of the table. */
export function line(
  title: string,
  write: (world: World) => Promise<unknown>,
  told: Case['told'] = {},
  more: More = {},
): Case {
  return { title, write, told, ...more };
}

/** Only triggers see rows that SQL writes without TypeORM. */
export function byTriggers(told: Counts, always: Counts = {}): (run: Run) => Counts {
  return ({ capture }) => (capture === 'triggers' ? { ...always, ...told } : always);
}

/** TypeORM 0.3 writes a delete date again, and with it version and update date, where 1.x leaves the row alone. */
export function againIn03(again: Counts, told: Counts = {}): (run: Run) => Counts {
  return ({ typeorm }) => (typeorm === '1.1.1' ? told : { ...told, ...again });
}

/** The cases, if this TypeORM has the method of the entity manager that they use. */
export function ifManagerHas(method: string, cases: readonly Case[]): readonly Case[] {
  return method in EntityManager.prototype ? cases : [];
}
