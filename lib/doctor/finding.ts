import { oneLine } from '../base/one-line';
import { FINDING_CODES } from './finding-codes';

/** How much a finding matters: `'error'` is wrong, `'warning'` may be, `'info'` is how it is. */
export type FindingLevel = 'error' | 'warning' | 'info';

/** What a finding is about. */
export type FindingCode = keyof typeof FINDING_CODES;

/** One fact that `hooks.doctor()` found. */
export interface Finding {
  readonly level: FindingLevel;
  /** The hook that it is about; null if it is about all. */
  readonly hook: string | null;
  readonly code: FindingCode;
  /** What was found, and what to do. */
  readonly message: string;
}

/** What `hooks.doctor()` resolves with. */
export interface Diagnosis {
  /** Whether no finding has the level `'error'`. */
  readonly ok: boolean;
  /** Errors first, then warnings. */
  readonly findings: readonly Finding[];
}

export function finding(hook: string | null, code: FindingCode, message: string): Finding {
  return { level: FINDING_CODES[code][0], hook, code, message: oneLine(message) };
}

export function diagnosis(findings: readonly Finding[]): Diagnosis {
  const sorted = LEVELS.flatMap((level) => findings.filter((one) => one.level === level));
  return { ok: !findings.some(({ level }) => level === 'error'), findings: sorted };
}

const LEVELS: readonly FindingLevel[] = ['error', 'warning', 'info'];
