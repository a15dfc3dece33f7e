import { Section } from "../../ui/page.tsx";
import { LargeText } from "./large-text.tsx";
import type { Exchange } from "./wire-recorder.ts";

/** The HTTP requests of a call with their responses, as they were sent. The token is left out. */
export function ExchangeSection({ exchanges }: { exchanges: Exchange[] }) {
  if (exchanges.length === 0) return null;
  return (
    <Section>
      <details>
        <summary className="px-4 py-3 font-medium -outline-offset-2">Request and response</summary>
        <div className="flex flex-col gap-4 border-t border-line p-4">
          <p className="text-xs text-dim">
            As they were sent. Your token is left out. The handshake of the client before the call
            is not shown.
          </p>
          {exchanges.map((exchange) => (
            <ExchangeView key={exchange.id} exchange={exchange} />
          ))}
        </div>
      </details>
    </Section>
  );
}

function ExchangeView({ exchange: { request, response } }: { exchange: Exchange }) {
  const path = request.url.replace(location.origin, "");
  const requestText = [`${request.method} ${path}`, ...toLines(request.headers), "", request.body];
  return (
    <div className="flex flex-col gap-2">
      <h3 className="text-xs font-medium">Request</h3>
      <LargeText contentName="request" text={requestText.join("\n")} />
      <h3 className="text-xs font-medium">Response</h3>
      {response === null ? (
        <p className="text-xs text-dim">Nothing has arrived.</p>
      ) : (
        <>
          <LargeText
            contentName="response"
            text={[`HTTP ${response.status}`, ...toLines(response.headers), "", response.body].join(
              "\n",
            )}
          />
          {!response.isWhole && <p className="text-xs text-dim">The end has not arrived.</p>}
        </>
      )}
    </div>
  );
}

function toLines(headers: [string, string][]): string[] {
  return headers.map(([name, value]) => `${name}: ${value}`);
}
