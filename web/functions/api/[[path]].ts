interface Bindings {
  /** The Worker that serves the API and the gateway. */
  GATEWAY: Fetcher;
}

/** Hands the API to the Worker as it came, so that both paths to it behave alike. */
export const onRequest: PagesFunction<Bindings> = ({ request, env }) => env.GATEWAY.fetch(request);
