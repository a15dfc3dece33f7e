import type { Severity } from "../../workers/contract/severity.ts";

/** What a rule is about, for people. */
export interface RuleText {
  title: string;
  /** The severities that its findings can have, worst first. */
  severities: readonly Severity[];
  /** When it applies. */
  trigger: string;
  /** What can happen because of it. */
  why: string;
}

const rule = (
  title: string,
  severities: readonly Severity[],
  trigger: string,
  why: string,
): RuleText => ({ title, severities, trigger, why });

/** Every rule of the scan, by id. `docs/workshop.md` has the same table. */
export const RULES = {
  "SEC-01": rule(
    "Key in the file",
    ["critical"],
    "A key of a known format in a variable, argument, header, address, name, comment or tool; checksum or length verified.",
    "A person who reads the file, a copy or a backup of it can use the key until it is revoked.",
  ),
  "SEC-02": rule(
    "Secret in the file",
    ["high"],
    "A variable or header with the name of a secret has a literal value that looks made up or random, or any other part of the file has one.",
    "A person who reads the file, a copy or a backup of it can use the secret.",
  ),
  "SEC-03": rule(
    "Secret in the command line or address",
    ["high"],
    "A secret in an argument or a line for a shell, in the path or query of an address or before its host.",
    "Every program of the computer can read command lines, and servers and proxies log addresses.",
  ),
  "SEC-04": rule(
    "Placeholder",
    ["low"],
    "A value such as `<your-api-key>`, `xxxx` or `TODO`.",
    "The server does not work until the value is filled in.",
  ),
  "SEC-05": rule(
    "Secret in several places",
    ["high"],
    "Two servers have the same secret, or a file that others get, such as `.mcp.json`, has one.",
    "One leak opens both servers. A file in a repository is copied to everybody who clones it.",
  ),
  "SEC-06": rule(
    "Value that could be referred to",
    ["info"],
    "A literal secret that is a word, a number or a well-known password, or a text that looks random and has no name of a secret.",
    "A reference keeps the value out of the file, so that the file can be shared.",
  ),
  "SUP-01": rule(
    "Package without a version",
    ["medium", "low"],
    "npx, uvx, bunx, pipx or dnx without an exact version. Medium if the server also holds a secret or can write.",
    "Each start runs whatever was published last, also if the publisher's account was taken over.",
  ),
  "SUP-02": rule(
    "Image without a digest",
    ["low"],
    "A container image without a tag, with `latest`, or with a tag and no digest.",
    "The same tag can be another image tomorrow.",
  ),
  "SUP-03": rule(
    "Name like a well-known package",
    ["high"],
    "The name differs from that of a well-known package by one or two letters, by look-alike letters or by its scope.",
    "Packages with mistyped names are a usual way to get malware started.",
  ),
  "SUP-05": rule(
    "Installs from an address",
    ["medium"],
    "The package comes from a Git repository without a commit, an archive, a gist or a web address.",
    "What is behind the address can change at any time, and no registry has checked it.",
  ),
  "SUP-06": rule(
    "Withdrawn package",
    ["high", "medium"],
    "The package is known to be malicious (high) or archived by its authors (medium).",
    "Malware runs with your rights, and errors of an archived package are not repaired.",
  ),
  "SUP-07": rule(
    "Version with a known vulnerability",
    ["critical", "high"],
    "The exact version is in the range of a published vulnerability.",
    "An attack on this version is public.",
  ),
  "SUP-08": rule(
    "Package from another source",
    ["high"],
    "An option or variable names another registry, or several packages are given for one command.",
    "A package of the same name from another source is another program.",
  ),
  "CMD-01": rule(
    "Starts a shell",
    ["high"],
    "The command is a shell with a line to run (`sh -c`, `cmd /c` for anything but a package runner, PowerShell).",
    "A shell runs whatever the line says, so the file does more than to name a server.",
  ),
  "CMD-02": rule(
    "Shell line that downloads or chains commands",
    ["critical"],
    "A download piped to a shell, `$( )` or backticks, or commands chained by `;`, `&&`, `||` or `|`. `cd folder && command` is only CMD-01.",
    "Code from elsewhere runs at each start, with your rights.",
  ),
  "CMD-03": rule(
    "Code in an argument",
    ["high"],
    "`eval`, `node -e`, `python -c` and the like, an encoded command, or a long base64 or hexadecimal text in a command line.",
    "The program is in the file itself, where a reader does not expect or cannot read it.",
  ),
  "CMD-04": rule(
    "Variable that loads code",
    ["high"],
    "LD_PRELOAD, DYLD_*, BASH_ENV, GIT_SSH_COMMAND and PYTHONSTARTUP; NODE_OPTIONS that loads a file; PATH or PYTHONPATH with a temporary folder.",
    "The server runs other code than that of its package.",
  ),
  "CMD-05": rule(
    "Runs with more rights or from an unsafe folder",
    ["high", "medium"],
    "sudo, doas or runas; a program in Downloads or a temporary folder (high); a program by a relative path (medium).",
    "An error or attack in the server reaches the whole computer; others can replace a program in such a folder.",
  ),
  "CMD-06": rule(
    "Certificates are not checked",
    ["high"],
    "NODE_TLS_REJECT_UNAUTHORIZED=0, `--insecure`, `verify=false` and the like.",
    "A computer between you and the service can read and change everything, keys included.",
  ),
  "FS-01": rule(
    "Whole disk or home folder",
    ["high"],
    "A file server is given, or a container mounts, `/`, a drive, the home folder, `/etc`, `/root` or `*`.",
    "The model can read every file there, keys and mail included, and send it elsewhere.",
  ),
  "FS-02": rule(
    "Folder with keys",
    ["critical"],
    "A file server, a mount or a shell line reaches `.ssh`, `.aws`, `.gnupg`, `.kube`, a browser profile, a key chain or a wallet.",
    "A text that the model reads can make it fetch your keys from there.",
  ),
  "FS-03": rule(
    "Path with `..`",
    ["medium"],
    "An argument has a path that leads out of its folder.",
    "The path can lead to other files than a reader expects.",
  ),
  "DOC-01": rule(
    "Container without walls",
    ["critical", "high"],
    "`--privileged`, `--cap-add`, the host's processes, network or users, or a security profile that is switched off.",
    "The container can do what it wants on the computer or reach its local services.",
  ),
  "DOC-02": rule(
    "Container engine within reach",
    ["critical"],
    "The socket of Docker or Podman is mounted, or DOCKER_HOST is an address.",
    "With the engine, a program can start a container that owns the computer.",
  ),
  "DOC-03": rule(
    "Container with too much of the host",
    ["high", "medium"],
    "The home folder or the disk can be written (high); a port is open to the network, or a whole file of variables is passed on (medium).",
    "The container gets more than its task needs.",
  ),
  "NET-01": rule(
    "Connection without encryption",
    ["critical", "high"],
    "`http://` or `ws://` to another computer. Critical with a credential, unless the computer is in a private network.",
    "A computer between you and the server can read and change what is sent.",
  ),
  "NET-02": rule(
    "Old transport",
    ["info"],
    "The server is reached by HTTP+SSE, which the protocol has replaced.",
    "Clients drop this transport one after the other.",
  ),
  "NET-03": rule(
    "Suspicious address",
    ["high", "medium"],
    "A metadata service, a look-alike letter or a short link (high); an IP address, tunnel, free domain, or a port of another service (medium).",
    "Nothing shows who runs the server, or it leads to a service that must not be reached.",
  ),
  "NET-04": rule(
    "Address on a shared host",
    ["info"],
    "The address is below vercel.app, herokuapp.com, workers.dev and the like.",
    "When the project ends, another person can get the same address.",
  ),
  "NET-05": rule(
    "Local server open to the network",
    ["high"],
    "The server listens on all addresses, or accepts every origin or host.",
    "Other computers, and web pages in your browser, can call its tools.",
  ),
  "NET-06": rule(
    "Remote without a credential",
    ["info"],
    "A remote server has no header: it asks you to sign in (OAuth) or is public.",
    "Nothing to do, if you expect that.",
  ),
  "NET-07": rule(
    "Weak settings of mcp-remote",
    ["high"],
    "`--allow-http` to another computer, or a literal credential in `--header`.",
    "The credential can be read on the way, or by every program of the computer.",
  ),
  "NET-08": rule(
    "Header that the client can drop",
    ["info"],
    "An Authorization header in a client that prefers OAuth where the server offers it.",
    "If the server offers OAuth, the client ignores the header and asks you to sign in.",
  ),
  "AUT-01": rule(
    "Tools that run without asking",
    ["high", "medium"],
    "All tools, or some that change things (high), or others (medium) are approved in advance.",
    "A text that the model reads can make it call these tools, and you are not asked.",
  ),
  "AUT-02": rule(
    "Switch that allows more",
    ["high", "medium"],
    "`--dangerously…`, DANGEROUSLY_OMIT_AUTH (high); `--allow-write`, `--read-only=false` and the like (medium).",
    "The server can change or delete what it could otherwise only read.",
  ),
  "AUT-03": rule(
    "Credential with wide rights",
    ["medium"],
    "A classic token of GitHub, a service role key of Supabase, or a live secret key of Stripe.",
    "The credential opens everything, and a narrower one exists.",
  ),
  "MIX-01": rule(
    "Servers that leak together",
    ["high", "medium"],
    "Well-known servers of one file read texts of strangers, read private data and send to the outside. High where one of them runs tools without asking.",
    "A text of a stranger can tell the model to send your private data away.",
  ),
  "MIX-02": rule(
    "Names that hide each other",
    ["high"],
    "Two servers or tools have names that look alike or are the same, a tool's name mixes letters of several scripts, or a server has the name of a well-known package and starts another.",
    "You approve one and the other runs.",
  ),
  "MIX-03": rule(
    "Too many tools",
    ["medium"],
    "More than 100 tools, or more than 40,000 tokens of definitions.",
    "Clients cut the list, and models choose wrong tools.",
  ),
  "MIX-04": rule(
    "Many or repeated servers",
    ["info"],
    "More than 15 servers, or one server twice.",
    "Each server costs context and start-up time.",
  ),
  "DSC-01": rule(
    "Hidden instruction in a text",
    ["critical", "high"],
    "A tool's or parameter's text gives the model orders, hides them or has invisible characters; a part of the configuration has invisible characters.",
    "Models follow such texts, and you do not see them.",
  ),
} as const satisfies Record<string, RuleText>;

/** Id of a rule. */
export type RuleId = keyof typeof RULES;
