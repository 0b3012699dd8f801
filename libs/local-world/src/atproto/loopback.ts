interface Listening {
  listen(...args: never[]): unknown;
}

/** The servers of the local network would listen on every address of the machine: this keeps one to 127.0.0.1. */
export function keepToLoopback(app: Listening): void {
  const listen = app.listen.bind(app) as (port: number, host: string) => unknown;
  app.listen = ((port: number) => listen(port, "127.0.0.1")) as Listening["listen"];
}
