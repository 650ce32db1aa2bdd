// The JavaScript SDK carries a tree: node transfer.mjs up|down ENDPOINT BUCKET FOLDER
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { pipeline } from "node:stream/promises";

const require = createRequire(join(process.env.CAIRN_NPM, "package.json"));
const { S3Client, GetObjectCommand, PutObjectCommand, HeadObjectCommand, DeleteObjectsCommand, paginateListObjectsV2 } =
  require("@aws-sdk/client-s3");
const { Upload } = require("@aws-sdk/lib-storage");

const [direction, endpoint, bucket, folder] = process.argv.slice(2);
const client = new S3Client({ endpoint, region: "us-east-1", forcePathStyle: true, maxAttempts: 2 });

async function* walk(path) {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const full = join(path, entry.name);
    if (entry.isDirectory()) yield* walk(full);
    else yield full;
  }
}

async function inParallel(items, width, work) {
  const queue = items[Symbol.asyncIterator] ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let next = await queue.next(); !next.done; next = await queue.next()) await work(next.value);
    }),
  );
}

async function up(path) {
  const Key = relative(folder, path);
  const { size } = await stat(path);
  if (size < 8 << 20) {
    await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: createReadStream(path), ContentLength: size }));
  } else {
    await new Upload({ client, params: { Bucket: bucket, Key, Body: createReadStream(path) }, partSize: 8 << 20 }).done();
  }
  const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key }));
  if (head.ContentLength !== size) throw new Error(`${Key}: ${head.ContentLength} bytes instead of ${size}`);
}

async function down(Key) {
  const path = join(folder, Key);
  await mkdir(dirname(path), { recursive: true });
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key, ChecksumMode: "ENABLED" }));
  await pipeline(Body, createWriteStream(path));
}

async function keys() {
  const found = [];
  for await (const page of paginateListObjectsV2({ client, pageSize: 500 }, { Bucket: bucket })) {
    found.push(...(page.Contents ?? []).map((item) => item.Key));
  }
  return found;
}

if (direction === "up") {
  await inParallel(walk(folder), 16, up);
} else if (direction === "down") {
  await inParallel(await keys(), 16, down);
} else {
  const all = await keys();
  for (let at = 0; at < all.length; at += 1000) {
    const Objects = all.slice(at, at + 1000).map((Key) => ({ Key }));
    const { Errors } = await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }));
    if (Errors?.length) throw new Error(JSON.stringify(Errors[0]));
  }
  console.log(all.length);
}
