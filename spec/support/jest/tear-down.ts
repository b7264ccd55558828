import { dropDatabase, TEMPLATE_VARIABLE } from '../application/database';

export default async function tearDown(): Promise<void> {
  const template = process.env[TEMPLATE_VARIABLE];
  if (template) await dropDatabase(template);
}
