const {Worker, isMainThread, parentPort} = require('worker_threads');
const fs = require('fs');
const {execFileSync} = require('child_process');
const crypto = require('crypto');
const net = require('net');
if (isMainThread) {
    const w = new Worker(__filename);
    w.on('message', async n => {
        console.log('worker', n);
        console.log(execFileSync('sh', [ '-c', 'echo child' ]).toString().trim());
        const t = await fs.promises.readFile(__filename);
        console.log(t.length > 10);
        const s = net.createServer(c => {
                         c.end('hello');
                         s.close();
                     })
                      .listen(0, '127.0.0.1', () => {
                          const c = net.connect(s.address().port, '127.0.0.1');
                          c.on('data', d => console.log('net ' + d));
                      });
        crypto.pbkdf2('a', 'b', 1000, 8, 'sha256', (e, k) => console.log(k.toString('hex')));
    });
} else {
    let n = 0;
    for (let i = 0; i < 1e7; i++)
        n = (n + i) % 1000003;
    parentPort.postMessage(n);
}
