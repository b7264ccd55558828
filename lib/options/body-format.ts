/** How a body is laid out. */
export type BodyFormat = 'fields' | 'envelope' | 'standard' | 'cloudevents';
