import { gzipSync } from 'node:zlib'
import { type HeaderInput, pack } from 'tar-stream'
