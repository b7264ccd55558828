/** The layout of a request body. */
export type BodyFormat = 'fields' | 'envelope' | 'standard' | 'cloudevents';
