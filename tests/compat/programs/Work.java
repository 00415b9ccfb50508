import java.util.concurrent.*;
import java.util.stream.*;
import java.nio.file.*;
public class Work
{
    public static void main(String[] a) throws Exception
    {
        long s = IntStream.rangeClosed(1, 1_000_000).parallel().mapToLong(i -> (long)i * i).sum();
        ExecutorService p = Executors.newFixedThreadPool(4);
        Future<Integer> f = p.submit(() -> Files.readAllLines(Path.of("Work.java")).size());
        System.out.println(s + " " + (f.get() > 3) + " " + Runtime.getRuntime().availableProcessors());
        p.shutdown();
        Process q = new ProcessBuilder("sh", "-c", "echo from a child").redirectErrorStream(true).start();
        System.out.println(new String(q.getInputStream().readAllBytes()).trim());
        java.nio.MappedByteBuffer m = new java.io.RandomAccessFile("mapped", "rw")
                                          .getChannel()
                                          .map(java.nio.channels.FileChannel.MapMode.READ_WRITE, 0, 4096);
        m.putInt(0, 42);
        m.force();
        System.out.println(m.getInt(0));
    }
}
