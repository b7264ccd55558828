import { RESEALED_AT_ONCE, type SealedRows } from '../listener/secrets/reencryption';
import { type HeaderValues, secret, secretTexts, withSecrets } from '../options/header-value';
import type { Store } from '../store/store';
import type { TaskHeadersRow } from '../store/tasks';
import { keyIdOf, type Vault } from '../vault/vault';

/** The headers of a task with encrypted secrets, and the ids of the keys that decrypt them. A secret opens in its task and header only. */
export function sealHeaders(
  vault: Pick<Vault, 'seal'>,
  taskId: string,
  headers: HeaderValues,
): { readonly headers: HeaderValues; readonly key_ids: readonly string[] } {
  const sealed = withSecrets(headers, (text, name) =>
    secret(vault.seal(text, place(taskId, name))),
  );
  const ids = secretTexts(sealed).flatMap((text) => keyIdOf(text) ?? []);
  return { headers: sealed, key_ids: [...new Set(ids)].sort() };
}

/** Throws `SECRET_KEY_MISSING` and `SECRET_UNREADABLE`. */
export function openHeaders(
  vault: Pick<Vault, 'open'>,
  taskId: string,
  headers: HeaderValues,
): HeaderValues {
  return withSecrets(headers, (text, name) => secret(vault.open(text, place(taskId, name))));
}

function place(taskId: string, name: string): string {
  return `task ${taskId} header ${name.toLowerCase()}`;
}

/** The headers of tasks that have not ended. Those of ended tasks are deleted. */
export class SealedTasks implements SealedRows<TaskHeadersRow> {
  readonly what = 'task';

  constructor(private readonly vault: Vault) {}

  page({ tasks }: Store, after: string | null): Promise<readonly TaskHeadersRow[]> {
    return tasks.headersPage(after, RESEALED_AT_ONCE);
  }

  isOutdated({ headers }: TaskHeadersRow): boolean {
    return !secretTexts(headers).every((text) => this.vault.isCurrent(text));
  }

  locked({ tasks }: Store, ids: readonly string[]): Promise<readonly TaskHeadersRow[]> {
    return tasks.lockHeaders(ids);
  }

  resealed({ id, headers }: TaskHeadersRow): TaskHeadersRow {
    return { id, ...sealHeaders(this.vault, id, openHeaders(this.vault, id, headers)) };
  }

  write({ tasks }: Store, rows: readonly TaskHeadersRow[]): Promise<void> {
    return tasks.writeHeaders(rows);
  }
}
