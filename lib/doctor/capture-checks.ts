import { isByTriggers } from '../capture/triggers/options';
import type { UnseenWrite } from '../capture/typeorm/warnings';
import { type Hook, isInteractive } from '../hook/hook';
import type { Check, DoctorOptions } from './check';
import { type Finding, type FindingCode, finding } from './finding';

/** By which capture each hook gets its events, and which writes that does not see. */
export const capture: Check = {
  name: 'the capture of the hooks',
  async find({ catalog, options }) {
    return catalog.list().map((hook) => captureOf(hook, options));
  },
};

/** The kinds of writes that a warning was logged of. */
export const unseenWrites: Check = {
  name: 'the writes that made no event',
  async find({ catalog, unseenWrites }) {
    return unseenWrites().flatMap((write) =>
      catalog
        .list()
        .filter(({ metadata }) => metadata?.tablePath === write.metadata.tablePath)
        .map(({ name }) => unseen(name, write)),
    );
  },
};

/** The triggers in the database. */
export const installedTriggers: Check = {
  name: 'the triggers',
  async find({ triggers }) {
    const states = await triggers.check();
    return states.flatMap(({ hook, table, state }) => {
      if (state === 'current') return [];
      const code = state === 'missing' ? 'TRIGGERS_MISSING' : 'TRIGGERS_OUTDATED';
      return [finding(hook, code, `The triggers on ${table} are ${state}. ${INSTALL}`)];
    });
  },
};

const INSTALL =
  'Run: npx model-hooks triggers --install -d <your data source file>, or with --migration <name>.';

function captureOf(hook: Hook, options: DoctorOptions): Finding {
  const { name, metadata } = hook;
  if (metadata === null)
    return finding(name, 'CAPTURE_SEND', `Its events are made by ${makerOf(hook)}.`);
  if (isByTriggers(hook, options)) return byTriggers(hook, options);
  const criteria = hook.declared.criteria ?? options.criteria;
  return finding(
    name,
    'CAPTURE_SUBSCRIBERS',
    `Subscribers capture what this process writes to ${metadata.tableName} through TypeORM. ${CRITERIA[criteria]}` +
      'Not seen: raw SQL, other programs, clear() and all else that empties the table, and actions of foreign keys.',
  );
}

function makerOf(hook: Hook): string {
  if (hook.isOpen) return 'a schedule';
  return isInteractive(hook) ? 'call()' : 'send()';
}

const CRITERIA = {
  expand: '',
  warn: 'Writes by criteria make no event, and a warning is logged. ',
  refuse: 'Writes by criteria are refused. ',
  ignore: 'Writes by criteria make no event. ',
} as const satisfies Readonly<Record<DoctorOptions['criteria'], string>>;

function byTriggers({ name, declared, metadata }: Hook, options: DoctorOptions): Finding {
  const truncate = declared.truncate ?? options.truncate;
  return finding(
    name,
    'CAPTURE_TRIGGERS',
    `Triggers capture every write to ${metadata?.tableName}. Not seen: ` +
      `${truncate === 'ignore' ? 'what empties the table, and ' : ''}sessions with session_replication_role = replica.`,
  );
}

function unseen(hook: string, { metadata, operation, why }: UnseenWrite): Finding {
  const [code, reason] = UNSEEN[why];
  return finding(
    hook,
    code,
    `Since this process attached, "${operation}" of ${metadata.name} made no event: ${reason}`,
  );
}

const UNSEEN: Readonly<Record<UnseenWrite['why'], readonly [FindingCode, string]>> = {
  criteria: [
    'CRITERIA_UNSEEN',
    "it was a write by criteria, and `criteria` is 'warn'. Use 'expand'.",
  ],
  clear: ['CLEAR_UNSEEN', 'clear() was called. Use delete(), or capture by triggers.'],
  refused: [
    'WRITES_REFUSED',
    'row security, rules or the rights of the role do not permit that the written rows are returned. Capture by triggers.',
  ],
};
