import { ExternalLink } from "lucide-react";
import { Fragment } from "react";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";

/**
 * An address from an entry: a link that tells the other site nothing of this one if it is an https address, else only the
 * text. The text is the address that the browser opens, so that look-alike letters of a host are visible as `xn--`.
 */
export function OutsideLink({ url, onClick }: { url: string; onClick?: () => void }) {
  const address = toHttpsAddress(url);
  if (address === null)
    return <code className="font-mono text-xs wrap-anywhere">{escapeLine(url)}</code>;
  return (
    <a
      href={address.href}
      onClick={onClick}
      target="_blank"
      rel="noopener noreferrer nofollow ugc"
      className="link inline-flex max-w-full items-start gap-1"
    >
      <span className="min-w-0 wrap-anywhere">
        {toParts(address).map((part, index) => (
          <Fragment key={index}>
            {index > 0 && (
              <>
                /<wbr />
              </>
            )}
            {part}
          </Fragment>
        ))}
      </span>
      <ExternalLink className="mt-1 size-3 shrink-0" aria-hidden />
      <span className="sr-only">(opens a new tab)</span>
    </a>
  );
}

/** The address without scheme, in the parts between its slashes, after which a line can break. */
function toParts({ host, pathname, search }: URL): string[] {
  return escapeLine(host + pathname.replace(/\/$/, "") + search).split("/");
}

/** The parsed address; null unless it is an https address without user name and password. */
function toHttpsAddress(url: string): URL | null {
  const address = URL.parse(url);
  return address?.protocol === "https:" && address.username === "" && address.password === ""
    ? address
    : null;
}
