import { OptionInvalidError } from '../errors/option-errors';
import { ModelHooks } from '../model-hooks';
import { withProject } from './project';
import { UsageError } from './usage-error';

/**
 * Runs `work` with the attached hooks of a file. They send nothing: processes that work do. A value that a method of the hooks refuses
 * came from the command line, so it is a wrong usage.
 */
export async function withHooks<T>(
  file: string,
  work: (hooks: ModelHooks) => Promise<T>,
): Promise<T> {
  return withProject(file, async ({ dataSource, options, register }) => {
    const hooks = await ModelHooks.attach(dataSource, { ...options, work: false });
    await register(hooks);
    try {
      return await work(hooks);
    } catch (error) {
      if (error instanceof OptionInvalidError) throw new UsageError(error.message);
      throw error;
    }
  });
}

/** Leaves out the members that are `undefined`, which the methods of the hooks refuse. */
export function given<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
