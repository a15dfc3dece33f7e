/** Servers that tests start: each function resolves to the server's URL and a function that closes it. */
declare module "*-upstream.mjs" {
  interface Upstream {
    url: string;
    close(): unknown;
  }
  export function startEventStreamUpstream(port?: number): Promise<Upstream>;
  export function startModernUpstream(port?: number): Promise<Upstream>;
  export function startAnnouncingUpstream(port?: number): Promise<Upstream>;
  export function startTasksUpstream(): Promise<Upstream>;
  export function startModernTasksUpstream(): Promise<Upstream>;
  export function startEchoingUpstream(port?: number): Promise<Upstream>;
  export function startAskingUpstream(port?: number): Promise<Upstream>;
  export function startListedUpstream(port?: number): Promise<Upstream>;
  export function startPublishedUpstream(port?: number): Promise<Upstream>;
  export function startSdkProtectedUpstream(): Promise<Upstream>;
  export function startPageUpstream(port?: number): Promise<Upstream>;
  export function startEverythingUpstream(mode: "streamableHttp" | "sse"): Promise<Upstream>;
}

declare module "*.toml?raw" {
  const text: string;
  export default text;
}
