/** Steps of the engine, each with a text of a statement that it runs. No statement of the application contains these texts. */
export const ENGINE_STATEMENTS = [
  ['passing over events', 'AS passed'],
  ['planning', 'RETURNING id, hook, event'],
  ['storing chunks', 'model_hook_chunk" (id, process_id'],
  ['recording', 'WITH leased AS'],
  ['sweeping', 'lease_until < now()'],
  ['heartbeat', 'model_hook_process" (id, hostname'],
] as const;
