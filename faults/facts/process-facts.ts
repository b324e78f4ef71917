import { readdir, readFile, readlink } from "node:fs/promises";

/**
 * How many sockets a process holds that it opened itself, to its dependencies and peers; those that its callers opened to
 * `port`, where it listens, are theirs.
 */
export async function ownSocketsOf(pid: number, port: number): Promise<number> {
  const folder = `/proc/${pid}/fd`;
  const links = (await readdir(folder)).map((fd) => readlink(`${folder}/${fd}`).catch(() => ""));
  const inodes = (await Promise.all(links)).flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
  const tables = await Promise.all(
    ["tcp", "tcp6"].map((name) => readFile(`/proc/${pid}/net/${name}`, "utf8")),
  );
  const rows = tables.flatMap((table) => table.split("\n").slice(1));
  const taken = new Set(rows.map(columnsOf).flatMap(({ local, inode }) => (local === port ? [inode] : [])));
  return inodes.filter((inode) => !taken.has(inode)).length;
}

function columnsOf(row: string): { readonly local: number; readonly inode: string | undefined } {
  const columns = row.trim().split(/\s+/);
  return { local: Number.parseInt(columns[1]?.split(":")[1] ?? "", 16), inode: columns[9] };
}

/** The resident memory of a process, in MiB. */
export async function residentOf(pid: number): Promise<number> {
  const [, kibibytes = ""] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kibibytes) / 1024;
}
