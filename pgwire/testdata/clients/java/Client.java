// Uses a server by JDBC, and prints what it reads. The server's address stands in PGHOST and the like.

import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.sql.*;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.TimeZone;
import java.util.UUID;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

public class Client {
    public static void main(String[] args) throws Exception {
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
        for (String mode : new String[] {"extended", "extendedCacheEverything", "simple"}) {
            System.out.println("== " + mode);
            Properties p = new Properties();
            p.setProperty("user", System.getenv("PGUSER"));
            p.setProperty("preferQueryMode", mode);
            String url = "jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE");
            try (Connection c = DriverManager.getConnection(url, p)) {
                if (mode.equals("extended")) {
                    catalog(c);
                }
                types(c);
                prepared(c, mode);
                cursors(c);
                changes(c);
                errors(c);
                copies(c);
            }
        }
    }

    static String text(Object o) {
        if (o instanceof byte[] b) {
            return Arrays.toString(b);
        }
        if (o instanceof java.sql.Array a) {
            try {
                return Arrays.deepToString((Object[]) a.getArray());
            } catch (SQLException e) {
                return e.getMessage();
            }
        }
        return String.valueOf(o);
    }

    /** Prints the rows of r, without the columns left out. */
    static void show(String title, ResultSet r, String... leftOut) throws SQLException {
        ResultSetMetaData m = r.getMetaData();
        Set<String> without = Set.of(leftOut);
        StringBuilder head = new StringBuilder();
        for (int i = 1; i <= m.getColumnCount(); i++) {
            if (!without.contains(m.getColumnName(i))) {
                head.append(m.getColumnLabel(i)).append(' ');
            }
        }
        System.out.println("-- " + title + ": " + head.toString().trim());
        while (r.next()) {
            List<String> row = new ArrayList<>();
            for (int i = 1; i <= m.getColumnCount(); i++) {
                if (!without.contains(m.getColumnName(i))) {
                    row.add(text(r.getObject(i)));
                }
            }
            System.out.println(row);
        }
        r.close();
    }

    static void catalog(Connection c) throws SQLException {
        DatabaseMetaData m = c.getMetaData();
        System.out.println("-- product: " + m.getDatabaseProductName() + " " + m.getDatabaseMajorVersion() + " " + m.getDefaultTransactionIsolation() + " " + m.getMaxColumnNameLength());
        show("schemas", m.getSchemas());
        show("table types", m.getTableTypes());
        show("tables", m.getTables(null, "public", "%", new String[] {"TABLE", "VIEW"}));
        show("by pattern", m.getTables(null, null, "%cit%", null));
        for (String table : new String[] {"cities", "every_type", "Odd \"name\"", "large_cities"}) {
            show("columns", m.getColumns(null, "public", table, "%"));
            show("keys", m.getPrimaryKeys(null, "public", table));
            show("indexes", m.getIndexInfo(null, "public", table, false, true));
            show("imported", m.getImportedKeys(null, "public", table));
            show("best row", m.getBestRowIdentifier(null, "public", table, DatabaseMetaData.bestRowSession, true));
        }
        show("a function", m.getFunctions(null, "pg_catalog", "upper"), "remarks");
        show("its columns", m.getFunctionColumns(null, "pg_catalog", "lpad", "%"), "SPECIFIC_NAME");
        ResultSet types = m.getTypeInfo();
        int n = 0;
        while (types.next()) {
            if (Set.of("int4", "text", "numeric", "timestamptz", "bool").contains(types.getString("TYPE_NAME"))) {
                n++;
            }
        }
        System.out.println("-- types: " + n);
    }

    static void types(Connection c) throws SQLException {
        for (String table : new String[] {"cities ORDER BY population", "every_type ORDER BY id"}) {
            try (PreparedStatement s = c.prepareStatement("SELECT * FROM " + table)) {
                ResultSetMetaData m = s.getMetaData();
                for (int i = 1; m != null && i <= m.getColumnCount(); i++) {
                    System.out.println(List.of(m.getColumnName(i), m.getColumnTypeName(i), m.getColumnType(i), m.getColumnClassName(i), m.getPrecision(i), m.getScale(i),
                            m.getColumnDisplaySize(i), m.isNullable(i), m.getTableName(i), m.isAutoIncrement(i)));
                }
                for (int i = 0; i < 7; i++) { // from the sixth time on values come in binary
                    ResultSet r = s.executeQuery();
                    if (i == 0 || i == 6) {
                        show(table, r);
                    }
                }
            }
        }
    }

    static void prepared(Connection c, String mode) throws SQLException {
        try (PreparedStatement s = c.prepareStatement("SELECT ?::int4, ?::int8, ?::numeric, ?::float8, ?::text, ?::bool, ?::date, ?::timestamp, ?::timestamptz, ?::uuid, ?::bytea, ?::int4[], ?::text")) {
            for (int i = 0; i < 7; i++) {
                s.setInt(1, i);
                s.setLong(2, 1L << 40);
                s.setBigDecimal(3, new BigDecimal("-1.2300"));
                s.setDouble(4, 1.5);
                s.setString(5, "ü'\\");
                s.setBoolean(6, true);
                s.setObject(7, LocalDate.of(2024, 2, 29));
                s.setObject(8, LocalDateTime.of(2024, 2, 29, 1, 2, 3, 456000000));
                s.setObject(9, OffsetDateTime.of(2024, 2, 29, 1, 2, 3, 0, ZoneOffset.ofHours(2)));
                s.setObject(10, new UUID(0, 5));
                s.setBytes(11, new byte[] {0, -1});
                s.setArray(12, c.createArrayOf("int4", new Integer[] {1, null, 3}));
                s.setNull(13, Types.VARCHAR);
                ResultSet r = s.executeQuery();
                if (i == 0 || i == 6) {
                    show("values", r);
                }
            }
        }
        try (PreparedStatement s = c.prepareStatement("SELECT city, population + ? FROM cities WHERE population > ? AND founded < ? AND city LIKE ? ORDER BY 1 LIMIT ?")) {
            ParameterMetaData m = mode.equals("simple") ? null : s.getParameterMetaData(); // whose query would lack the parameters
            for (int i = 1; m != null && i <= m.getParameterCount(); i++) {
                System.out.print(m.getParameterTypeName(i) + " ");
            }
            System.out.println();
            for (int i = 0; i < 7; i++) {
                s.setInt(1, i);
                s.setInt(2, 700000);
                s.setDate(3, Date.valueOf("1300-01-01"));
                s.setString(4, "%n%");
                s.setInt(5, 2);
                show("inferred", s.executeQuery());
            }
        }
        try (Statement s = c.createStatement()) {
            show("escapes", s.executeQuery("SELECT {fn ucase('a')}, {d '2024-01-02'}, {ts '2024-01-02 03:04:05'}, {fn concat('a', 'b')}, {fn extract(year from {d '2024-01-02'})}"));
            boolean more = s.execute("SELECT 1; SELECT 'two'");
            while (more) {
                show("one of several", s.getResultSet());
                more = s.getMoreResults();
            }
        }
        System.out.println("-- valid: " + c.isValid(5));
    }

    static void cursors(Connection c) throws SQLException {
        c.setAutoCommit(false);
        try (PreparedStatement s = c.prepareStatement("SELECT g, g::text AS t, g::numeric AS n FROM generate_series(1, ?) g ORDER BY 1")) {
            for (int k = 0; k < 7; k++) {
                s.setFetchSize(100);
                s.setInt(1, 1234);
                ResultSet r = s.executeQuery();
                long total = 0;
                while (r.next()) {
                    total += r.getInt(1) + r.getBigDecimal(3).longValue() + r.getString(2).length();
                }
                System.out.print(total + " ");
            }
            System.out.println();
            s.setMaxRows(7);
            show("at most", s.executeQuery());
        }
        try (Statement s = c.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_READ_ONLY)) {
            ResultSet r = s.executeQuery("SELECT city FROM cities ORDER BY 1");
            r.last();
            System.out.println("-- scrolled: " + r.getRow() + r.getString(1) + r.absolute(2) + r.getString(1));
        }
        c.commit();
        c.setAutoCommit(true);
    }

    static void changes(Connection c) throws SQLException {
        try (Statement s = c.createStatement()) {
            s.execute("CREATE TEMP TABLE made (id int, name varchar(20), price numeric(10,2), at timestamptz)");
            try (PreparedStatement p = c.prepareStatement("INSERT INTO made VALUES (?, ?, ?, ?)")) {
                for (int i = 0; i < 10; i++) {
                    p.setInt(1, i);
                    p.setString(2, i % 3 == 0 ? null : "n" + i);
                    p.setBigDecimal(3, BigDecimal.valueOf(i, 1));
                    p.setTimestamp(4, new Timestamp(1709200000123L + i));
                    p.addBatch();
                }
                System.out.println("-- batch: " + Arrays.toString(p.executeBatch()));
            }
            System.out.println("-- updated: " + s.executeUpdate("UPDATE made SET name = 'x' WHERE name IS NULL"));
            c.setAutoCommit(false);
            s.executeUpdate("DELETE FROM made");
            Savepoint p = c.setSavepoint();
            s.executeUpdate("INSERT INTO made VALUES (99)");
            c.rollback(p);
            show("deleted", s.executeQuery("SELECT count(*) FROM made"));
            c.rollback();
            c.setAutoCommit(true);
            show("rows", s.executeQuery("SELECT * FROM made ORDER BY id"));
            try (PreparedStatement g = c.prepareStatement("INSERT INTO made (id) VALUES (100)", new String[] {"id", "name"})) {
                g.executeUpdate();
                show("generated", g.getGeneratedKeys());
            }
            s.execute("DROP TABLE made");
        }
        c.setReadOnly(true);
        c.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
        System.out.println("-- session: " + c.isReadOnly() + " " + c.getTransactionIsolation() + " " + c.getSchema() + " " + c.getCatalog());
        c.setReadOnly(false);
        c.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        c.setClientInfo("ApplicationName", "client");
        try (Statement s = c.createStatement()) {
            show("name", s.executeQuery("SHOW application_name"));
        }
    }

    static void errors(Connection c) throws SQLException {
        for (String query : new String[] {"SELECT nothing FROM cities", "SELECT 1/0", "SELECT 'x'::int", "SELEC", "SELECT * FROM nowhere"}) {
            try (Statement s = c.createStatement()) {
                s.executeQuery(query);
            } catch (SQLException e) {
                System.out.println("-- error: " + query + " " + e.getSQLState() + " " + e.getMessage().replaceAll("\n *Hint: .*", "").replace('\n', ' '));
            }
        }
        try (Statement s = c.createStatement()) {
            s.setQueryTimeout(1);
            s.executeQuery("SELECT pg_sleep(20)");
        } catch (SQLException e) {
            System.out.println("-- timeout: " + e.getSQLState() + " " + e.getMessage());
        }
    }

    static void copies(Connection c) throws Exception {
        CopyManager copy = c.unwrap(PGConnection.class).getCopyAPI();
        try (Statement s = c.createStatement()) {
            s.execute("CREATE TEMP TABLE copied (a int, b text)");
            System.out.println("-- copied in: " + copy.copyIn("COPY copied FROM STDIN (FORMAT csv)", new StringReader("1,a\n2,\"b,\"\"c\"\n3,\n")));
            StringWriter out = new StringWriter();
            System.out.println("-- copied out: " + copy.copyOut("COPY (SELECT * FROM copied ORDER BY a) TO STDOUT", out) + " " + out);
            s.execute("DROP TABLE copied");
        }
    }
}
