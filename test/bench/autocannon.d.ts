/** The part of autocannon that the benchmark uses; the package has no types. */
declare module "autocannon" {
  interface Options {
    url: string;
    method?: "POST";
    headers: Record<string, string>;
    body?: string;
    /** Sent one after the other by each connection. */
    requests?: { path: string }[];
    connections: number;
    duration: number;
    verifyBody?: (body: string) => boolean;
  }
  interface Run extends PromiseLike<{ errors: number; mismatches: number; non2xx: number }> {
    on(
      event: "response",
      listener: (client: unknown, status: number, bytes: number, milliseconds: number) => void,
    ): void;
  }
  export default function autocannon(options: Options): Run;
}
