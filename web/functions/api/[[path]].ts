interface Bindings {
  /** The Worker that serves the API and the gateway. */
  GATEWAY: Fetcher;
}

/** Forwards API requests to the Worker unchanged, so that both addresses of the API behave the same. */
export const onRequest: PagesFunction<Bindings> = ({ request, env }) => env.GATEWAY.fetch(request);
