import { endsWithin } from '../base/deadline';
import { capture, installedTriggers, unseenWrites } from './capture-checks';
import type { Check, DoctorParts } from './check';
import { type Diagnosis, diagnosis, type Finding, finding } from './finding';
import { hookedTables } from './hooked-table-check';
import { foreignEvents, listeners, secrets, selections, signingKeys } from './listener-checks';
import { clocks, pooling } from './surroundings-checks';
import { ownColumnsAndIndexes, ownRights, ownTables } from './table-checks';

/** Looks for what keeps events from being captured and sent. It changes nothing. */
export class Doctor {
  constructor(private readonly parts: DoctorParts) {}

  /** Never rejects for what the database says: a check that fails is a finding. */
  async examine(): Promise<Diagnosis> {
    const own = await this.#all([ownTables]);
    const existing = isUsable(own) ? await this.#all([ownColumnsAndIndexes, ownRights]) : [];
    const areUsable = isUsable([...own, ...existing]);
    const others = CHECKS.filter(({ readsRows = false }) => areUsable || !readsRows);
    return diagnosis([...own, ...existing, ...(await this.#all(others))]);
  }

  async #all(checks: readonly Check[]): Promise<readonly Finding[]> {
    const found: Finding[] = [];
    for (const check of checks) found.push(...(await this.#run(check)));
    return found;
  }

  async #run(check: Check): Promise<readonly Finding[]> {
    const { statementTimeoutMs } = this.parts.options;
    const looking = check.find(this.parts);
    if (!(await endsWithin(looking, statementTimeoutMs)))
      return [failed(check, `it did not end within ${statementTimeoutMs} ms`)];
    return looking.catch((error: unknown) => [
      failed(check, error instanceof Error ? error.message : String(error)),
    ]);
  }
}

const CHECKS = [
  installedTriggers,
  hookedTables,
  secrets,
  signingKeys,
  listeners,
  selections,
  foreignEvents,
  clocks,
  pooling,
  unseenWrites,
  capture,
];

/** With one of these, reading rows would only fail. */
const UNUSABLE: ReadonlySet<string> = new Set([
  'TABLES_MISSING',
  'COLUMNS_MISSING',
  'RIGHTS_MISSING',
  'CHECK_FAILED',
]);

function isUsable(findings: readonly Finding[]): boolean {
  return !findings.some(({ code }) => UNUSABLE.has(code));
}

function failed({ name }: Check, reason: string): Finding {
  return finding(null, 'CHECK_FAILED', `Checking ${name} failed: ${reason}`);
}
