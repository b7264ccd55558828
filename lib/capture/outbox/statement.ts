/** Numbers the parameters of a statement as they are named, and knows which events it is to write. */
export class Statement<Event extends { readonly id: string }> {
  readonly parameters: unknown[] = [];
  readonly events = new Map<string, Event>();

  parameter(value: unknown): string {
    this.parameters.push(value);
    return `$${this.parameters.length}`;
  }

  /** Gives the id of an event that it is to write. */
  note(event: Event): string {
    this.events.set(event.id, event);
    return event.id;
  }
}
