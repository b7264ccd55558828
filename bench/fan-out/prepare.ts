import { attach, connectHooked } from '../application';
import { customer, HookedCustomer } from '../customers';

/**
 * Stores listeners with a condition, and an event that all of them want. It runs in a process of its own, so that its memory is not
 * measured.
 */
async function prepare(url: string, listeners: number): Promise<void> {
  const dataSource = await connectHooked(url, HookedCustomer);
  const hooks = await attach(dataSource, { work: false });
  const hook = hooks.for(HookedCustomer);
  const { city } = customer(HookedCustomer, 0);
  const builders = Array.from({ length: listeners }, (_, n) =>
    hook.listener(`https://receiver-${n}.example/hook`).match({ city }),
  );
  await hooks.listeners.saveMany(builders);
  await dataSource.manager.save(customer(HookedCustomer, 0));
  await dataSource.destroy();
}

const [url = '', listeners] = process.argv.slice(2);
prepare(url, Number(listeners)).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
