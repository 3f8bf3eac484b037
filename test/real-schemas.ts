/** A table as `name`, and its columns and constraints as SQL has them. */
type Tables = Record<string, string>

/**
 * The tables of three databases that nobody here designed, told anew after their definitions: names, types, keys and
 * references alone.
 */
export const SCHEMAS: Record<'chinook' | 'northwind' | 'django', Tables> = {
  // The sample database of a music shop; its own project is github.com/lerocha/chinook-database (MIT licence).
  chinook: {
    Artist: 'ArtistId INTEGER NOT NULL, Name NVARCHAR(120), PRIMARY KEY (ArtistId)',
    Album: `AlbumId INTEGER NOT NULL, Title NVARCHAR(160) NOT NULL, ArtistId INTEGER NOT NULL, PRIMARY KEY (AlbumId),
      FOREIGN KEY (ArtistId) REFERENCES Artist (ArtistId)`,
    Customer: `CustomerId INTEGER NOT NULL, FirstName NVARCHAR(40) NOT NULL, LastName NVARCHAR(20) NOT NULL, Company NVARCHAR(80),
      Address NVARCHAR(70), City NVARCHAR(40), State NVARCHAR(40), Country NVARCHAR(40), PostalCode NVARCHAR(10), Phone NVARCHAR(24),
      Fax NVARCHAR(24), Email NVARCHAR(60) NOT NULL, SupportRepId INTEGER, PRIMARY KEY (CustomerId),
      FOREIGN KEY (SupportRepId) REFERENCES Employee (EmployeeId)`,
    Employee: `EmployeeId INTEGER NOT NULL, LastName NVARCHAR(20) NOT NULL, FirstName NVARCHAR(20) NOT NULL, Title NVARCHAR(30),
      ReportsTo INTEGER, BirthDate DATETIME, HireDate DATETIME, Address NVARCHAR(70), City NVARCHAR(40), State NVARCHAR(40),
      Country NVARCHAR(40), PostalCode NVARCHAR(10), Phone NVARCHAR(24), Fax NVARCHAR(24), Email NVARCHAR(60),
      PRIMARY KEY (EmployeeId), FOREIGN KEY (ReportsTo) REFERENCES Employee (EmployeeId)`,
    Genre: 'GenreId INTEGER NOT NULL, Name NVARCHAR(120), PRIMARY KEY (GenreId)',
    Invoice: `InvoiceId INTEGER NOT NULL, CustomerId INTEGER NOT NULL, InvoiceDate DATETIME NOT NULL, BillingAddress NVARCHAR(70),
      BillingCity NVARCHAR(40), BillingState NVARCHAR(40), BillingCountry NVARCHAR(40), BillingPostalCode NVARCHAR(10),
      Total NUMERIC(10,2) NOT NULL, PRIMARY KEY (InvoiceId), FOREIGN KEY (CustomerId) REFERENCES Customer (CustomerId)`,
    InvoiceLine: `InvoiceLineId INTEGER NOT NULL, InvoiceId INTEGER NOT NULL, TrackId INTEGER NOT NULL,
      UnitPrice NUMERIC(10,2) NOT NULL, Quantity INTEGER NOT NULL, PRIMARY KEY (InvoiceLineId),
      FOREIGN KEY (InvoiceId) REFERENCES Invoice (InvoiceId), FOREIGN KEY (TrackId) REFERENCES Track (TrackId)`,
    MediaType: 'MediaTypeId INTEGER NOT NULL, Name NVARCHAR(120), PRIMARY KEY (MediaTypeId)',
    Playlist: 'PlaylistId INTEGER NOT NULL, Name NVARCHAR(120), PRIMARY KEY (PlaylistId)',
    PlaylistTrack: `PlaylistId INTEGER NOT NULL, TrackId INTEGER NOT NULL, PRIMARY KEY (PlaylistId, TrackId),
      FOREIGN KEY (PlaylistId) REFERENCES Playlist (PlaylistId), FOREIGN KEY (TrackId) REFERENCES Track (TrackId)`,
    Track: `TrackId INTEGER NOT NULL, Name NVARCHAR(200) NOT NULL, AlbumId INTEGER, MediaTypeId INTEGER NOT NULL, GenreId INTEGER,
      Composer NVARCHAR(220), Milliseconds INTEGER NOT NULL, Bytes INTEGER, UnitPrice NUMERIC(10,2) NOT NULL, PRIMARY KEY (TrackId),
      FOREIGN KEY (AlbumId) REFERENCES Album (AlbumId), FOREIGN KEY (GenreId) REFERENCES Genre (GenreId),
      FOREIGN KEY (MediaTypeId) REFERENCES MediaType (MediaTypeId)`,
  },
  // Microsoft's sample database of a trader (MS-PL), with the types that github.com/pthom/northwind_psql gives it in PostgreSQL.
  northwind: {
    categories:
      'category_id smallint PRIMARY KEY NOT NULL, category_name varchar(15) NOT NULL, description text, picture bytea',
    customer_demographics: 'customer_type_id bpchar PRIMARY KEY NOT NULL, customer_desc text',
    customers: `customer_id bpchar PRIMARY KEY NOT NULL, company_name varchar(40) NOT NULL, contact_name varchar(30),
      contact_title varchar(30), address varchar(60), city varchar(15), region varchar(15), postal_code varchar(10),
      country varchar(15), phone varchar(24), fax varchar(24)`,
    customer_customer_demo: `customer_id bpchar NOT NULL REFERENCES customers, customer_type_id bpchar NOT NULL REFERENCES customer_demographics,
      PRIMARY KEY (customer_id, customer_type_id)`,
    employees: `employee_id smallint PRIMARY KEY NOT NULL, last_name varchar(20) NOT NULL, first_name varchar(10) NOT NULL,
      title varchar(30), title_of_courtesy varchar(25), birth_date date, hire_date date, address varchar(60), city varchar(15),
      region varchar(15), postal_code varchar(10), country varchar(15), home_phone varchar(24), extension varchar(4), photo bytea,
      notes text, reports_to smallint REFERENCES employees, photo_path varchar(255)`,
    region: 'region_id smallint PRIMARY KEY NOT NULL, region_description bpchar NOT NULL',
    territories: `territory_id varchar(20) PRIMARY KEY NOT NULL, territory_description bpchar NOT NULL,
      region_id smallint NOT NULL REFERENCES region`,
    employee_territories: `employee_id smallint NOT NULL REFERENCES employees, territory_id varchar(20) NOT NULL REFERENCES territories,
      PRIMARY KEY (employee_id, territory_id)`,
    shippers: 'shipper_id smallint PRIMARY KEY NOT NULL, company_name varchar(40) NOT NULL, phone varchar(24)',
    suppliers: `supplier_id smallint PRIMARY KEY NOT NULL, company_name varchar(40) NOT NULL, contact_name varchar(30),
      contact_title varchar(30), address varchar(60), city varchar(15), region varchar(15), postal_code varchar(10),
      country varchar(15), phone varchar(24), fax varchar(24), homepage text`,
    products: `product_id smallint PRIMARY KEY NOT NULL, product_name varchar(40) NOT NULL, supplier_id smallint REFERENCES suppliers,
      category_id smallint REFERENCES categories, quantity_per_unit varchar(20), unit_price real, units_in_stock smallint,
      units_on_order smallint, reorder_level smallint, discontinued integer NOT NULL`,
    orders: `order_id smallint PRIMARY KEY NOT NULL, customer_id bpchar REFERENCES customers, employee_id smallint REFERENCES employees,
      order_date date, required_date date, shipped_date date, ship_via smallint REFERENCES shippers, freight real,
      ship_name varchar(40), ship_address varchar(60), ship_city varchar(15), ship_region varchar(15),
      ship_postal_code varchar(10), ship_country varchar(15)`,
    order_details: `order_id smallint NOT NULL REFERENCES orders, product_id smallint NOT NULL REFERENCES products,
      unit_price real NOT NULL, quantity smallint NOT NULL, discount real NOT NULL, PRIMARY KEY (order_id, product_id)`,
    us_states:
      'state_id smallint PRIMARY KEY NOT NULL, state_name varchar(100), state_abbr varchar(2), state_region varchar(50)',
  },
  // What Django 4 and Django REST framework (BSD licences) make in SQLite for their own applications.
  django: {
    django_content_type: `id integer NOT NULL PRIMARY KEY AUTOINCREMENT, app_label varchar(100) NOT NULL, model varchar(100) NOT NULL,
      UNIQUE (app_label, model)`,
    auth_permission: `id integer NOT NULL PRIMARY KEY AUTOINCREMENT, content_type_id integer NOT NULL REFERENCES django_content_type (id),
      codename varchar(100) NOT NULL, name varchar(255) NOT NULL, UNIQUE (content_type_id, codename)`,
    auth_group: 'id integer NOT NULL PRIMARY KEY AUTOINCREMENT, name varchar(150) NOT NULL UNIQUE',
    auth_group_permissions: `id integer NOT NULL PRIMARY KEY AUTOINCREMENT, group_id integer NOT NULL REFERENCES auth_group (id),
      permission_id integer NOT NULL REFERENCES auth_permission (id), UNIQUE (group_id, permission_id)`,
    auth_user: `id integer NOT NULL PRIMARY KEY AUTOINCREMENT, password varchar(128) NOT NULL, last_login datetime NULL,
      is_superuser bool NOT NULL, username varchar(150) NOT NULL UNIQUE, last_name varchar(150) NOT NULL, email varchar(254) NOT NULL,
      is_staff bool NOT NULL, is_active bool NOT NULL, date_joined datetime NOT NULL, first_name varchar(150) NOT NULL`,
    django_admin_log: `id integer NOT NULL PRIMARY KEY AUTOINCREMENT, action_time datetime NOT NULL, object_id text NULL,
      object_repr varchar(200) NOT NULL, change_message text NOT NULL,
      content_type_id integer NULL REFERENCES django_content_type (id), user_id integer NOT NULL REFERENCES auth_user (id),
      action_flag smallint unsigned NOT NULL CHECK (action_flag >= 0)`,
    authtoken_token: `"key" varchar(40) NOT NULL PRIMARY KEY, created datetime NOT NULL,
      user_id integer NOT NULL UNIQUE REFERENCES auth_user (id)`,
    django_session:
      'session_key varchar(40) NOT NULL PRIMARY KEY, session_data text NOT NULL, expire_date datetime NOT NULL',
  },
}

/** One statement a table; foreign keys of SQLite may name what comes later. */
export function statementsOf(tables: Tables): string[] {
  return Object.entries(tables).map(([name, columns]) => `CREATE TABLE "${name}" (${columns})`)
}
