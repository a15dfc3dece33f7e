import { CodeBlock } from "../ui/copy.tsx";
import { BundleStep } from "./bundle-step.tsx";
import { toVariableStep } from "./clients/variables.ts";
import {
  CommandBlock,
  CommandWay,
  FileWay,
  Folded,
  LinkWay,
  Way,
  type WayProps as Props,
} from "./ways.tsx";

/** How to connect one client with a token: the one thing to do, and the other ways, folded. */
export function Instructions(props: Props) {
  const { client } = props;
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <FirstWay {...props} />
      <p className="text-sm">{client.afterwards}</p>
      <OtherWays {...props} />
    </div>
  );
}

function FirstWay({ client, system, connection }: Props) {
  const { token } = connection;
  switch (client.first) {
    case "command":
      return (
        <CommandWay
          text={client.command?.(connection) ?? ""}
          system={system}
          canCopy={token !== null}
        />
      );
    case "file":
      return <FileWay file={client.file} {...{ client, system, connection }} isFirst />;
    case "link":
      return (
        <>
          {client.link && <LinkWay link={client.link(connection)} />}
          <TokenToPaste token={token} />
        </>
      );
    case "bundle":
      return (
        <>
          <BundleStep connection={connection} />
          <TokenToPaste token={token} />
        </>
      );
  }
}

function OtherWays({ client, system, connection }: Props) {
  const {
    first,
    command,
    link,
    file,
    shared,
    linkUsesVariable = false,
    asksForToken = false,
  } = client;
  const step = toVariableStep(client, system, connection);
  const variable = (
    <Way title="Set the variable">
      <CommandBlock text={step.command} />
      <p className="text-xs text-dim">{step.afterwards}</p>
    </Way>
  );
  return (
    <div className="flex flex-col gap-2">
      {command && first !== "command" && (
        <Folded title="With a command">
          <CommandBlock text={command(connection)} />
        </Folded>
      )}
      {first !== "file" && (
        <Folded title="With the configuration file">
          <FileWay file={file} {...{ client, system, connection }} />
        </Folded>
      )}
      {link && first !== "link" && (
        <Folded title="With an install link">
          {linkUsesVariable && variable}
          <LinkWay link={link(connection)} />
        </Folded>
      )}
      {shared && (
        <Folded title="For a project that others use too">
          <p className="text-sm">
            This configuration contains no token, so that it can be in version control. Each person
            {asksForToken ? " is asked for a token." : " sets a variable to a token."}
          </p>
          {!asksForToken && variable}
          <FileWay file={shared} {...{ client, system, connection }} />
        </Folded>
      )}
    </div>
  );
}

/** The token for a client that asks for it; nothing before it is created. */
function TokenToPaste({ token }: { token: string | null }) {
  if (token === null) return null;
  return (
    <Way title="Paste this token when the client asks for it">
      <CodeBlock contentName="token to paste" text={token} />
    </Way>
  );
}
