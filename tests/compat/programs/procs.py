"""multiprocessing by the start method that is named: a pool, shared memory, a lock, a queue, a manager."""
import multiprocessing
import sys
from multiprocessing import shared_memory


def square(x):
    return x * x


def fill(name, i, lock):
    with lock:
        memory = shared_memory.SharedMemory(name=name)
        memory.buf[i] = i + 1
        memory.close()


def main():
    context = multiprocessing.get_context(sys.argv[1])
    with context.Pool(4) as pool:
        print(sum(pool.map(square, range(1000))))
    memory = shared_memory.SharedMemory(create=True, size=8)
    lock = context.Lock()
    processes = [context.Process(target=fill, args=(memory.name, i, lock)) for i in range(8)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    print(list(memory.buf[:8]))
    memory.close()
    memory.unlink()
    queue = context.Queue()
    queue.put("x")
    print(queue.get())
    with context.Manager() as manager:
        shared = manager.dict()
        shared["k"] = 1
        print(dict(shared))


if __name__ == "__main__":
    main()
