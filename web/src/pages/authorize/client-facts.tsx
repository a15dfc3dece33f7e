import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { ForeignName } from "../../ui/foreign-name.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Badge } from "../../ui/page.tsx";
import type { Asked } from "./asked.ts";

/** Who asks, what is known of it, and where its access goes. Everything but the hosts is what the client says of itself. */
export function ClientFacts({ asked }: { asked: Asked }) {
  const { isLocal, isKnown } = asked;
  const { name, host, redirectHost } = asked.client;
  return (
    <section aria-label="Client" className="flex flex-col gap-3">
      <div className="flex flex-col gap-1 rounded-md border border-line p-3">
        <p className="text-base font-semibold wrap-anywhere">
          <ForeignName name={name} />
        </p>
        {host === null ? (
          <p>
            <Badge tone="warn">Name not verified</Badge> The client registered itself. Any program
            can use this name.
          </p>
        ) : (
          <p>
            <Badge tone="ok">Verified</Badge> The host <Host name={host} /> vouches for this name.
          </p>
        )}
        {isKnown && <p className="text-xs text-dim">You have signed in from this client before.</p>}
      </div>
      {isLocal ? (
        <Notice tone="warn">
          The access goes to a program on this computer (<Host name={redirectHost} />
          ). Continue only if you have just begun to sign in from it.
        </Notice>
      ) : host === redirectHost ? (
        <p>
          The access goes to <Host name={redirectHost} />.
        </p>
      ) : (
        <Notice tone="warn">
          The access goes to <Host name={redirectHost} />. Allow it only if you know this address.
        </Notice>
      )}
    </section>
  );
}

function Host({ name }: { name: string }) {
  return <code className="font-mono text-xs wrap-anywhere">{escapeLine(name)}</code>;
}
