export const BODY_FORMATS = ['fields', 'envelope', 'standard', 'cloudevents'] as const;

/** The layout of a request body. */
export type BodyFormat = (typeof BODY_FORMATS)[number];
